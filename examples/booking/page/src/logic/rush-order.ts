/** What is asked of a rush. */
export interface RushOrder {
  readonly showId: string;
  /** The seat that everybody wants; none: each takes what comes, in the whole hall. */
  readonly seatId?: string;
  readonly buyers: number;
  readonly lock: boolean;
}

export const MAX_BUYERS = 1000;

/** The number of buyers that is meant by what was typed; `undefined`: none that can be had. */
export function buyersOf(typed: string): number | undefined {
  const buyers = Number(typed);
  return typed.trim() !== "" && Number.isInteger(buyers) && buyers >= 1 && buyers <= MAX_BUYERS
    ? buyers
    : undefined;
}
