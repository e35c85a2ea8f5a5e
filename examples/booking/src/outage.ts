import { isLockError } from "@redlock-kit/core";
import { StoreUnavailable } from "./domain/store-unavailable.js";

/** Whether nothing can be locked or asked at the moment, which is nobody's mistake. */
export function isOutage(error: unknown): boolean {
  return (
    error instanceof StoreUnavailable ||
    isLockError(error, "ERR_LOCK_UNAVAILABLE") ||
    isLockError(error, "ERR_LOCK_LOST")
  );
}

/** Tells when work that is done again and again begins to fail and when it goes on, and nothing between. */
export class FailureLog {
  readonly #work: string;
  #told: string | undefined;

  /** @param work what is told to have stopped and to go on */
  constructor(work: string) {
    this.#work = work;
  }

  failed(error: unknown): void {
    const reason = isOutage(error) ? "outage" : String(error);
    if (reason === this.#told) return;
    this.#told = reason;
    const what = isOutage(error) ? (error as Error).message : error;
    console.error(`  process ${process.pid}: ${this.#work} has stopped:`, what);
  }

  succeeded(): void {
    if (this.#told !== undefined) console.error(`  process ${process.pid}: ${this.#work} goes on.`);
    this.#told = undefined;
  }
}
