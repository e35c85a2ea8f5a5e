/**
 * A time-bounded grant of a lock. It is over when it was released or when it can no longer be proven
 * that nobody else has the lock ("lost").
 */
export interface Lease extends AsyncDisposable {
  /** The first key, without prefix. */
  readonly key: string;
  /** All keys, in canonical order. */
  readonly keys: readonly string[];
  /** The ownership token: who has it can extend and release the lease from anywhere. Treat it as a secret. */
  readonly token: string;
  /**
   * Strictly increasing per key from lease to lease. Write it beside the data, and have the store refuse
   * writes with a smaller one: that stops a holder that was frozen and does not know that its lease is over.
   */
  readonly fencingToken: number;
  /** The lease time that was last asked for, in milliseconds. */
  readonly ttlMs: number;
  /** The label that the holder gave for operators. */
  readonly owner: string | undefined;
  /**
   * Milliseconds for which the lease can still be proven: by the monotonic clock, and never more than the
   * wall clock allows. 0 once it is over. Computed at the moment of asking, so right even after a freeze.
   */
  remainingMs(): number;
  /** Whether the lease can be proven right now. */
  readonly valid: boolean;
  /**
   * Aborts, with an `ERR_LOCK_LOST` error as reason, at the moment when the lease can no longer be proven,
   * also with every node silent. Never aborts after a release.
   */
  readonly signal: AbortSignal;
  /**
   * Makes the lease end `ttlMs` milliseconds from now (default: its own `ttlMs`). Never shortens it.
   *
   * @throws LockError `ERR_LOCK_LOST` once it is over; `ERR_LOCK_UNAVAILABLE` if no quorum answered in time,
   * in which case the lease goes on as it was
   * @returns the same lease
   */
  extend(ttlMs?: number): Promise<Lease>;
  /**
   * Gives the lock back. Idempotent and prompt; never throws for a lost lease or nodes out of reach.
   *
   * @returns whether it was still ours; the same answer when asked again
   */
  release(): Promise<boolean>;
  /** Releases: `await using lease = await locks.acquire("report")`. */
  [Symbol.asyncDispose](): Promise<void>;
}
