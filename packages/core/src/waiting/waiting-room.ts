import type { Clock } from "../clock.js";
import { describeVotes, invalidArgument, LockError, type NodeVote, quoteKeys } from "../errors.js";
import type { ResolvedLockOptions } from "../options.js";
import { publish } from "../telemetry.js";
import type { RetryStrategy } from "./backoff.js";
import { closedError, Exit } from "./exit.js";

/** An attempt that did not get the lock. */
export type Refusal =
  /** `freeInMs`: when the lock is free at the latest, if nobody extends it. */
  | { readonly kind: "held"; readonly votes: readonly NodeVote[]; readonly freeInMs: number }
  | { readonly kind: "unavailable"; readonly votes: readonly NodeVote[] };

/** Somebody who wants a lock and is willing to wait for it. */
export interface Waiter<Won extends { readonly kind: "won" }> {
  readonly keys: readonly string[];
  readonly options: ResolvedLockOptions;
  /** Makes one attempt. */
  attempt(): Promise<Won | Refusal>;
  /** Gives back a lock that was won after its waiter had left. */
  discard(won: Won): void;
}

/** So that waiters who wake when a lease expires don't come all at once. */
const WAKE_JITTER_MS = 5;

/**
 * The one door to waiting: whoever goes in comes out with the lock or with an error. Inside, attempts are
 * repeated as the retry strategy says, and at the moment when the lock can be free.
 */
export class WaitingRoom {
  readonly #clock: Clock;
  readonly #maxWaiters: number;
  readonly #counts = new Map<string, number>();
  readonly #exits = new Set<Exit>();
  #waiting = 0;
  #closed = false;

  constructor(clock: Clock, maxWaiters: number) {
    this.#clock = clock;
    this.#maxWaiters = maxWaiters;
  }

  /** How many are waiting. */
  get size(): number {
    return this.#waiting;
  }

  /** How many are waiting for a key. */
  waitersFor(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /**
   * Gets the lock, waiting if need be.
   *
   * @throws LockError `ERR_LOCK_HELD`, `ERR_LOCK_UNAVAILABLE`, `ERR_LOCK_ABORTED`, `ERR_LOCK_OVERLOADED`,
   * `ERR_LOCK_CLOSED`
   */
  async enter<Won extends { readonly kind: "won" }>(waiter: Waiter<Won>): Promise<Won> {
    const since = this.#clock.monotonic();
    const result = await this.#attemptOnce(waiter);
    this.#requireOpen(waiter, result);
    if (result.kind === "won") return result;
    tell(waiter, result, 1);
    if (waiter.options.waitMs === 0)
      throw refusedError(waiter.keys, result, 1, this.#clock.monotonic() - since);
    return this.#wait(waiter, result, since);
  }

  /**
   * One attempt, without waiting. `undefined`: somebody else holds the lock.
   *
   * @throws LockError `ERR_LOCK_UNAVAILABLE`, `ERR_LOCK_ABORTED`, `ERR_LOCK_CLOSED`
   */
  async tryEnter<Won extends { readonly kind: "won" }>(waiter: Waiter<Won>): Promise<Won | undefined> {
    const since = this.#clock.monotonic();
    const result = await this.#attemptOnce(waiter);
    this.#requireOpen(waiter, result);
    if (result.kind === "won") return result;
    tell(waiter, result, 1);
    if (result.kind === "held") return undefined;
    throw refusedError(waiter.keys, result, 1, this.#clock.monotonic() - since);
  }

  /** Sends everybody away, now and from now on. */
  close(): void {
    this.#closed = true;
    for (const exit of this.#exits) exit.leave(closedError(exit.keys));
  }

  #attemptOnce<Won extends { readonly kind: "won" }>(waiter: Waiter<Won>): Promise<Won | Refusal> {
    // The common case, a free lock without a signal, needs nothing that would have to be cleaned up.
    if (waiter.options.signal === undefined) return waiter.attempt();
    return this.#withExit(waiter, (exit) => attempt(waiter, exit));
  }

  #requireOpen<Won extends { readonly kind: "won" }>(waiter: Waiter<Won>, result: Won | Refusal): void {
    if (!this.#closed) return;
    if (result.kind === "won") waiter.discard(result);
    throw closedError(waiter.keys);
  }

  async #wait<Won extends { readonly kind: "won" }>(
    waiter: Waiter<Won>,
    first: Refusal,
    since: number,
  ): Promise<Won> {
    const { keys } = waiter;
    const full = keys.find((key) => this.waitersFor(key) >= this.#maxWaiters);
    if (full !== undefined) throw this.#overloaded(keys, full, first);
    for (const key of keys) this.#counts.set(key, this.waitersFor(key) + 1);
    this.#waiting++;
    try {
      return await this.#withExit(waiter, (exit) => this.#repeat(waiter, exit, first, since));
    } finally {
      this.#waiting--;
      for (const key of keys) {
        const left = this.waitersFor(key) - 1;
        if (left > 0) this.#counts.set(key, left);
        else this.#counts.delete(key);
      }
    }
  }

  async #repeat<Won extends { readonly kind: "won" }>(
    waiter: Waiter<Won>,
    exit: Exit,
    first: Refusal,
    since: number,
  ): Promise<Won> {
    const { keys } = waiter;
    const { waitMs, retry } = waiter.options;
    let refusal = first;
    for (let attempts = 1; ; attempts++) {
      const waited = this.#clock.monotonic() - since;
      const freeInMs = refusal.kind === "held" ? refusal.freeInMs : Infinity;
      const delayMs = delayOf(retry, attempts, this.#clock.random());
      // Less than a timer's resolution is no time left.
      if (delayMs === null || waitMs - waited < 1) throw refusedError(keys, refusal, attempts, waited);
      const expiryMs = freeInMs + this.#clock.random() * WAKE_JITTER_MS;
      await exit.sleep(this.#clock, Math.min(delayMs, expiryMs, waitMs - waited));
      const result = await attempt(waiter, exit);
      if (result.kind === "won") return result;
      tell(waiter, result, attempts + 1);
      refusal = result;
    }
  }

  async #withExit<T>(
    waiter: Pick<Waiter<{ kind: "won" }>, "keys" | "options">,
    work: (exit: Exit) => Promise<T>,
  ): Promise<T> {
    const exit = new Exit(waiter.keys, waiter.options.signal);
    this.#exits.add(exit);
    if (this.#closed) exit.leave(closedError(waiter.keys));
    try {
      return await work(exit);
    } finally {
      this.#exits.delete(exit);
      exit.close();
    }
  }

  #overloaded(keys: readonly string[], full: string, refusal: Refusal): LockError {
    return new LockError(
      "ERR_LOCK_OVERLOADED",
      `Lock ${quoteKeys([full])} already has ${this.#maxWaiters} waiters in this process, as many as maxWaiters allows. Try later.`,
      { keys, retryAfterMs: retryAfterMs(refusal) },
    );
  }
}

function tell(
  { keys, options }: Pick<Waiter<{ kind: "won" }>, "keys" | "options">,
  refusal: Refusal,
  attempts: number,
): void {
  if (refusal.kind !== "held") return;
  const { freeInMs } = refusal;
  publish.contended(() => ({ keys, owner: options.owner, attempt: attempts, freeInMs }));
}

function delayOf(retry: RetryStrategy, attempts: number, random: number): number | null {
  const delayMs = retry(attempts, random);
  if (delayMs === null || (typeof delayMs === "number" && delayMs >= 0)) return delayMs;
  throw invalidArgument(
    "retry",
    `must return milliseconds of at least 0, or null to give up, not ${String(delayMs)}`,
  );
}

function attempt<Won extends { readonly kind: "won" }>(
  waiter: Waiter<Won>,
  exit: Exit,
): Promise<Won | Refusal> {
  return exit.unlessLeft(waiter.attempt(), (late) => {
    if (late.kind === "won") waiter.discard(late);
  });
}

function refusedError(
  keys: readonly string[],
  refusal: Refusal,
  attempts: number,
  waitedMs: number,
): LockError {
  const { votes } = refusal;
  const tried = `after ${attempts} ${attempts === 1 ? "attempt" : "attempts"} in ${Math.round(waitedMs)} ms`;
  const said = describeVotes(votes);
  if (refusal.kind === "held") {
    const { freeInMs } = refusal;
    const free = Number.isFinite(freeInMs)
      ? `free in ${Math.ceil(freeInMs)} ms at the latest if it is not extended`
      : "without a TTL, so it stays until somebody deletes it";
    return new LockError(
      "ERR_LOCK_HELD",
      `Lock ${quoteKeys(keys)} is held by somebody else ${tried}; ${free} (${said}).`,
      {
        keys,
        votes,
        retryAfterMs: retryAfterMs(refusal),
      },
    );
  }
  return new LockError(
    "ERR_LOCK_UNAVAILABLE",
    `Lock ${quoteKeys(keys)} can't be granted: no quorum of nodes could be reached ${tried} (${said}). ` +
      "Nobody is known to hold it; check the nodes.",
    { keys, votes },
  );
}

/** When a lock can be had at the latest, if that is known; a key without TTL stays. */
function retryAfterMs(refusal: Refusal): number | undefined {
  return refusal.kind === "held" && Number.isFinite(refusal.freeInMs)
    ? Math.max(0, refusal.freeInMs)
    : undefined;
}
