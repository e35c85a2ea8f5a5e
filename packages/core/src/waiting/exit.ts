import type { Clock } from "../clock.js";
import { LockError, quoteKeys } from "../errors.js";

/** The way out of waiting: by the caller's signal, or when the manager closes. */
export class Exit {
  readonly keys: readonly string[];
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.leave(abortedError(this.keys, this.#signal?.reason));
  #reason: LockError | undefined;
  #leaveNow: ((reason: LockError) => void) | undefined;

  constructor(keys: readonly string[], signal: AbortSignal | undefined) {
    this.keys = keys;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#onAbort();
  }

  /** Ends whatever is being waited for, and everything that is waited for later. */
  leave(reason: LockError): void {
    this.#reason ??= reason;
    this.#leaveNow?.(this.#reason);
  }

  /** Waits for `step`, unless left before; what comes of it then goes to `onLate`. */
  unlessLeft<T>(step: Promise<T>, onLate: (late: T) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let left = false;
      this.#until((reason) => {
        left = true;
        reject(reason);
      });
      step.then(
        (value) => {
          if (left) onLate(value);
          else resolve(value);
        },
        (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
  }

  /** Sleeps, unless left before. */
  sleep(clock: Clock, delayMs: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = clock.setTimer(resolve, delayMs);
      this.#until((reason) => {
        timer.cancel();
        reject(reason);
      });
    });
  }

  /** Lets go of the signal. */
  close(): void {
    this.#leaveNow = undefined;
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  #until(leaveNow: (reason: LockError) => void): void {
    this.#leaveNow = leaveNow;
    if (this.#reason !== undefined) leaveNow(this.#reason);
  }
}

/** `ERR_LOCK_ABORTED`, with the signal's reason as cause. */
export function abortedError(keys: readonly string[], cause: unknown): LockError {
  return new LockError(
    "ERR_LOCK_ABORTED",
    `Waiting for lock ${quoteKeys(keys)} was aborted by the caller's signal.`,
    { keys, cause },
  );
}

/** `ERR_LOCK_CLOSED`. */
export function closedError(keys: readonly string[]): LockError {
  return new LockError(
    "ERR_LOCK_CLOSED",
    `Lock ${quoteKeys(keys)} is not granted: the lock manager is closed or closing.`,
    { keys },
  );
}
