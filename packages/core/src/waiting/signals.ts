import { type AnyAbort, LazyAbort } from "../lazy-abort.js";

/** Who wants to know that a signal fires. One listener a signal: many waiters can share one, which Node takes for a leak. */
const watchers = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `onAbort` when `signal` fires; returns how to stop it. */
export function watchSignal(signal: AnyAbort, onAbort: () => void): () => void {
  if (signal instanceof LazyAbort) return signal.watch(onAbort);
  const watching = watchers.get(signal) ?? new Set();
  if (watching.size === 0) {
    watchers.set(signal, watching);
    signal.addEventListener("abort", tellAll);
  }
  watching.add(onAbort);
  return () => {
    watching.delete(onAbort);
    if (watching.size === 0) signal.removeEventListener("abort", tellAll);
  };
}

function tellAll(this: AbortSignal): void {
  for (const onAbort of watchers.get(this) ?? []) onAbort();
}
