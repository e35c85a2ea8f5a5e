/** Calls `then` when the signal aborts, or now if it has. */
export function onAbort(signal: AbortSignal | undefined, then: () => void): void {
  if (signal?.aborted === true) then();
  else signal?.addEventListener("abort", then, { once: true });
}
