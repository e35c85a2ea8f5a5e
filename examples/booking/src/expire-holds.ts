import { isLockError, type LockManager } from "@redlock-kit/core";
import { DatabaseUnavailable } from "./database/database-error.js";
import type { BoxOffice } from "./domain/box-office.js";
import { seatLock } from "./seat-lock.js";

/** How often holds are looked at that are over, in milliseconds. */
export const EXPIRY_EVERY_MS = 1_000;

/** Makes seats free whose holds are over. Each in a turn of its own; whoever is at work on a seat will see to it. */
export async function expireHolds(boxOffice: BoxOffice, locks: LockManager): Promise<void> {
  for (const seat of await boxOffice.expiredHolds()) {
    const turn = locks.withLock(seatLock(seat), (lease) => boxOffice.expireHold(seat, lease), { waitMs: 0 });
    await turn.catch((error: unknown) => {
      if (!isLockError(error, "ERR_LOCK_HELD")) throw error;
    });
  }
}

/** For the end of a sweep: while nothing can be locked or asked, which health tells, the next one will do the work. */
export function unlessOutage(error: unknown): void {
  if (!isLockError(error) && !(error instanceof DatabaseUnavailable)) throw error;
}
