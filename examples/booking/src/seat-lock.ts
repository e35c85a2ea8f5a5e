import type { SeatRef } from "./domain/show.js";

/**
 * The key of the lock on a seat, for code that has no request. The same as of the routes' templates, as far as ids are
 * letters and digits, which all of the database are.
 */
export function seatLock({ showId, seatId }: SeatRef): string {
  return `show:${showId}:seat:${seatId}`;
}
