import { isLockError, type LockManager } from "@redlock-kit/core";
import { BookingError } from "./domain/booking-error.js";
import type { BoxOffice } from "./domain/box-office.js";
import { FailureLog, isOutage } from "./outage.js";
import { seatLock } from "./seat-lock.js";

/** How often holds are looked at that are over, in milliseconds. */
export const EXPIRY_EVERY_MS = 1_000;

/**
 * Makes seats free whose holds are over. Each in a turn of its own; whoever is at work on a seat will see to it. An error
 * of one seat does not keep those behind it.
 *
 * @returns how many it looked at
 */
export async function expireHolds(boxOffice: BoxOffice, locks: LockManager): Promise<number> {
  const seats = await boxOffice.expiredHolds();
  const errors: unknown[] = [];
  for (const seat of seats) {
    try {
      await locks.withLock(seatLock(seat), (lease) => boxOffice.expireHold(seat, lease), { waitMs: 0 });
    } catch (error) {
      if (isOutage(error)) throw error;
      if (!isLockError(error, "ERR_LOCK_HELD") && !(error instanceof BookingError)) errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return seats.length;
}

/** The sweeps of one process. Those that fail are told, and the next one does their work. */
export class Sweeps {
  readonly #failures = new FailureLog("The sweep of holds that are over");

  /** @param expire gives `undefined` if another process is at it */
  async run(expire: () => Promise<number | undefined>): Promise<void> {
    try {
      if ((await expire()) !== undefined) this.#failures.succeeded();
    } catch (error) {
      // Another process is at it, or this one ends.
      const others = ["ERR_LOCK_HELD", "ERR_LOCK_ABORTED", "ERR_LOCK_CLOSED"] as const;
      if (others.some((code) => isLockError(error, code))) return;
      this.#failures.failed(error);
    }
  }
}
