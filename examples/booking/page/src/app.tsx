import { useEffect } from "preact/hooks";
import { Masthead } from "./chrome/masthead.js";
import { ShowPage } from "./show-page.js";
import { useChosenShow } from "./state/use-chosen-show.js";
import { useRemembered } from "./state/use-remembered.js";
import { useShows } from "./state/use-shows.js";

export function App() {
  const shows = useShows();
  const show = useChosenShow(shows ?? []);
  const [name, setName] = useRemembered("box-office:name");
  useEffect(() => {
    if (show) document.title = `${show.title} – Box office`;
  }, [show]);
  return (
    <>
      <Masthead shows={shows ?? []} show={show} name={name} onName={setName} />
      {show ? (
        <ShowPage key={show.id} show={show} customer={name.trim() || "Guest"} />
      ) : (
        <main class="waiting" aria-live="polite">
          {shows ? "Nothing is playing." : "Opening the box office …"}
        </main>
      )}
    </>
  );
}
