/** What is left, as m:ss; a second that has begun counts, so that 0:00 means over. */
export function countdown(remainingMs: number): string {
  const seconds = Math.max(0, Math.ceil(remainingMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** When something that a server dates ends by the clock of this computer, which may go wrong by minutes. */
export function localEndOf(expiresAt: string, serverDate: string | null, now: number): number {
  const skew = serverDate === null ? 0 : Date.parse(serverDate) - now;
  // The header counts whole seconds and was some time under way: less than that says nothing.
  const isWrong = Math.abs(skew) > 3000;
  return Date.parse(expiresAt) - (isWrong ? skew : 0);
}
