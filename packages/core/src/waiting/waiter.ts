import { AgendaItem } from "../agenda.js";
import type { Clock } from "../clock.js";
import { invalidArgument } from "../errors.js";
import type { ResolvedLockOptions } from "../options.js";
import type { VotePlace } from "../quorum/attempt.js";
import { abortedError, type Refusal } from "./refusal.js";
import { watchSignal } from "./signals.js";

/** A lock that somebody wants, and how to try for it. */
export interface Wanted<Won> {
  readonly keys: readonly string[];
  readonly options: ResolvedLockOptions;
  /** Makes one attempt. With a place, a refusal enrols this process in the queues of the nodes. */
  attempt(place: VotePlace | undefined): Promise<Won | Refusal>;
  /** A node keeps the lock for us now that had it not yet when it was won. Whether that was of use. */
  take(won: Won, index: number, place: VotePlace): boolean;
  /** Gives back a lock that was won after its waiter had left. */
  discard(won: Won): void;
}

/** One attempt; one that can't be made at all is one that fails. */
export function attemptOf<Won>(wanted: Wanted<Won>, place: VotePlace | undefined): Promise<Won | Refusal> {
  try {
    return wanted.attempt(place);
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

/** One blocked acquire. On the agenda for the moment at which it has waited long enough. */
export class Waiter<Won> extends AgendaItem {
  readonly promise: Promise<Won>;
  readonly wanted: Wanted<Won>;
  /** Monotonic time at which it began. */
  readonly since: number;
  /** How many attempts were made for it. */
  attempts = 0;
  /** Those of them that its own strategy brought. */
  #tries = 0;
  #wasEarly = false;
  /** Monotonic time of the next try. */
  #nextTryAt = 0;
  /** Whether it has left, with the lock or without. */
  left = false;
  /** Whether it has left with the lock. */
  hasWon = false;
  readonly #onLeft: (waiter: Waiter<Won>) => void;
  readonly #onTimeout: (waiter: Waiter<Won>) => void;
  readonly #unwatch: (() => void) | undefined;
  #resolve!: (won: Won) => void;
  #reject!: (reason: unknown) => void;

  constructor(
    wanted: Wanted<Won>,
    since: number,
    onLeft: (waiter: Waiter<Won>) => void,
    onTimeout: (waiter: Waiter<Won>) => void,
  ) {
    super();
    this.wanted = wanted;
    this.since = since;
    this.#onLeft = onLeft;
    this.#onTimeout = onTimeout;
    this.promise = new Promise<Won>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal } = wanted.options;
    if (signal === undefined) return;
    this.#unwatch = watchSignal(signal, () => this.leave(abortedError(this.keys, signal.reason)));
  }

  get keys(): readonly string[] {
    return this.wanted.keys;
  }

  /** It has waited for as long as its options allow. */
  override run(): void {
    this.#onTimeout(this);
  }

  /**
   * An attempt leaves for it at monotonic time `now`. One that comes before its own strategy wants it, because of a release,
   * a call or a lease that is over, does not count against the strategy.
   */
  attempting(now: number): void {
    this.attempts++;
    // Timers have a resolution of a millisecond.
    this.#wasEarly = now + 1 < this.#nextTryAt;
    if (!this.#wasEarly) this.#tries++;
  }

  /**
   * When its own strategy wants the next attempt, in milliseconds; `undefined` without one, `null` when there is to be
   * none: then it is to be turned away, or has left because its strategy failed.
   */
  delayMs(clock: Clock): number | null | undefined {
    if (this.left) return null;
    const now = clock.monotonic();
    try {
      const delayMs = this.#strategyMs(clock, now);
      // Less than a timer's resolution is no time left.
      return this.wanted.options.waitMs - (now - this.since) < 1 ? null : delayMs;
    } catch (error) {
      this.leave(error);
      return null;
    }
  }

  #strategyMs(clock: Clock, now: number): number | null | undefined {
    const { retry } = this.wanted.options;
    if (retry === undefined) return undefined;
    if (this.#wasEarly) return Math.max(0, this.#nextTryAt - now);
    const delayMs = retry(this.#tries, clock.random());
    if (delayMs === null) return null;
    if (!(typeof delayMs === "number" && delayMs >= 0)) {
      throw invalidArgument(
        "retry",
        `must return milliseconds of at least 0, or null to give up, not ${String(delayMs)}`,
      );
    }
    this.#nextTryAt = now + delayMs;
    return delayMs;
  }

  /** Leaves with the lock. */
  win(won: Won): void {
    this.hasWon = true;
    this.#resolve(won);
    this.#leave();
  }

  /** Leaves without the lock. Harmless when it has left before. */
  leave(reason: unknown): void {
    if (this.left) return;
    this.#reject(reason);
    this.#leave();
  }

  /** Leaves without anything, since nobody listens any more. */
  dismiss(): void {
    if (!this.left) this.#leave();
  }

  #leave(): void {
    this.left = true;
    this.#unwatch?.();
    this.#onLeft(this);
  }
}
