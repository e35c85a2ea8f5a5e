import { useEffect, useState } from "preact/hooks";
import { listShows, type Show } from "../api/box-office.js";

const RETRY_MS = 2000;

/** The shows; `undefined` until the box office answers, which is asked again and again. */
export function useShows(): readonly Show[] | undefined {
  const [shows, setShows] = useState<readonly Show[]>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const load = async (): Promise<void> => {
      const answer = await listShows();
      if (isOver) return;
      if (answer.ok) setShows(answer.value.shows);
      else timer = setTimeout(() => void load(), RETRY_MS);
    };
    void load();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  return shows;
}
