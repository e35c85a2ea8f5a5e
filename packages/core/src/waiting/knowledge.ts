import type { Clock } from "../clock.js";
import { type Refusal, refusedError } from "./refusal.js";
import type { Waiter } from "./waiter.js";

/** What a lane knows of whoever has its lock, and those who leave as soon as it knows something. */
export class Knowledge<Won> {
  readonly #clock: Clock;
  #overdue: Set<Waiter<Won>> | undefined;
  #known: { readonly refusal: Refusal; readonly at: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was learnt last, as it stands now. */
  get last(): Refusal | undefined {
    if (this.#known === undefined) return undefined;
    const { refusal, at } = this.#known;
    if (refusal.kind !== "held") return refusal;
    return { ...refusal, freeInMs: Math.max(0, refusal.freeInMs - (this.#clock.monotonic() - at)) };
  }

  learn(refusal: Refusal): void {
    this.#known = { refusal, at: this.#clock.monotonic() };
    for (const waiter of this.#overdue ?? []) this.turnAway(waiter);
  }

  /** A waiter leaves with what is known, or as soon as something is. */
  turnAway(waiter: Waiter<Won>): void {
    const { last } = this;
    const { keys, attempts, since } = waiter;
    if (last === undefined) (this.#overdue ??= new Set()).add(waiter);
    else waiter.leave(refusedError(keys, last, attempts, this.#clock.monotonic() - since));
  }

  /** A waiter has left. */
  forget(waiter: Waiter<Won>): void {
    this.#overdue?.delete(waiter);
  }
}
