import { useState } from "preact/hooks";

/** A text that this browser remembers, if it may. */
export function useRemembered(key: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => attempt(() => localStorage.getItem(key)) ?? "");
  const change = (next: string): void => {
    setText(next);
    attempt(() => localStorage.setItem(key, next));
  };
  return [text, change];
}

/** Storage may be forbidden, or full. */
function attempt<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
