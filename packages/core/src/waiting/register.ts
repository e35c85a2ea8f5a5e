import type { Agenda } from "../agenda.js";
import type { Clock } from "../clock.js";
import { publish } from "../telemetry.js";
import type { Lane } from "./lane.js";
import { abortedError, closedError, overloadedError, type Refusal } from "./refusal.js";
import { Waiter, type Wanted } from "./waiter.js";

/** Everybody who is in a waiting room: how many wait for which key, how long they may, and who can be sent away. */
export class Register<Won extends { readonly kind: "won" }> {
  readonly #clock: Clock;
  readonly #agenda: Agenda;
  readonly #maxWaiters: number;
  readonly #lanes = new Map<Waiter<Won>, Lane<Won> | undefined>();
  readonly #perKey = new Map<string, number>();
  /** How many got a lock after waiting, and for how many milliseconds they did together. */
  readonly counts = { waited: 0, waitedMs: 0 };
  /** How many are waiting. */
  size = 0;

  constructor(clock: Clock, agenda: Agenda, maxWaiters: number) {
    this.#clock = clock;
    this.#agenda = agenda;
    this.#maxWaiters = maxWaiters;
  }

  /** How many are waiting for a key. */
  waitersFor(key: string): number {
    return this.#perKey.get(key) ?? 0;
  }

  /** Somebody who can be sent away, but does not wait yet. */
  welcome(wanted: Wanted<Won>, since: number): Waiter<Won> {
    const waiter = new Waiter<Won>(
      wanted,
      since,
      (left) => this.#left(left),
      (late) => this.#lanes.get(late)?.timedOut(late),
    );
    this.#lanes.set(waiter, undefined);
    const { signal } = wanted.options;
    if (signal?.aborted) waiter.leave(abortedError(wanted.keys, signal.reason));
    return waiter;
  }

  /**
   * The same for somebody whose first attempt is under way, if they must be told at once when they leave. Whoever gives a
   * signal of our own is not there to be told: the end of the attempt is early enough, and a waiter costs much.
   */
  welcomeFirst(wanted: Wanted<Won>, since: number): Waiter<Won> | undefined {
    return wanted.options.signal instanceof AbortSignal ? this.welcome(wanted, since) : undefined;
  }

  /**
   * Has somebody wait, unless too many do; then they leave, and are told so with what is known of the lock.
   *
   * @param cameFirst before everybody else in the lane, who could only get in while its own attempt was under way: of those
   * the last one leaves
   */
  admit(waiter: Waiter<Won>, lane: Lane<Won>, known: Refusal | undefined, cameFirst = false): boolean {
    const { keys, since } = waiter;
    for (;;) {
      const full = keys.find((key) => this.waitersFor(key) >= this.#maxWaiters);
      if (full === undefined) break;
      const last = (cameFirst ? this.#lastIn(lane) : undefined) ?? waiter;
      last.leave(overloadedError(last.keys, full, this.#maxWaiters, known));
      if (last === waiter) return false;
    }
    for (const key of keys) this.#perKey.set(key, this.waitersFor(key) + 1);
    this.size++;
    this.#lanes.set(waiter, lane);
    const { waitMs } = waiter.wanted.options;
    if (waitMs !== Infinity) this.#agenda.put(waiter, since + waitMs);
    return true;
  }

  /** Sends everybody away. */
  close(): void {
    for (const waiter of this.#lanes.keys()) waiter.leave(closedError(waiter.keys));
  }

  #lastIn(lane: Lane<Won>): Waiter<Won> | undefined {
    let last: Waiter<Won> | undefined;
    for (const [waiter, its] of this.#lanes) if (its === lane) last = waiter;
    return last;
  }

  #left(waiter: Waiter<Won>): void {
    const lane = this.#lanes.get(waiter);
    this.#lanes.delete(waiter);
    this.#agenda.remove(waiter);
    if (lane === undefined) return;
    this.size--;
    for (const key of waiter.keys) {
      const left = this.waitersFor(key) - 1;
      if (left > 0) this.#perKey.set(key, left);
      else this.#perKey.delete(key);
    }
    this.#tell(waiter);
    lane.left(waiter);
  }

  #tell({ keys, attempts, since, hasWon: granted, wanted }: Waiter<Won>): void {
    const waitedMs = this.#clock.monotonic() - since;
    if (granted) {
      this.counts.waited++;
      this.counts.waitedMs += waitedMs;
    }
    const { owner } = wanted.options;
    publish.waited(() => ({ keys, owner, waitedMs, attempts, granted }));
  }
}
