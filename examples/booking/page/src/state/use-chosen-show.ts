import { useEffect, useState } from "preact/hooks";
import type { Show } from "../api/box-office.js";

/** The show that the address names after its #, else the first; choosing one changes the address. */
export function useChosenShow(shows: readonly Show[]): Show | undefined {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = (): void => setHash(location.hash);
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, []);
  return shows.find(({ id }) => `#${id}` === hash) ?? shows[0];
}
