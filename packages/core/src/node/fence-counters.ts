import type { Clock } from "../clock.js";
import { leadOf } from "../quorum/fencing.js";
import { ExpiringMap } from "./expiring-map.js";
import type { LockKey } from "./lock-node.js";

/** The fencing counters of a memory node. Like those of a Redis server they expire by the wall clock, by which they grow. */
export class FenceCounters {
  readonly #clock: Clock;
  readonly #counters = new ExpiringMap<number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#counters.size;
  }

  /** The largest counter of `keys`; 0 if there is none. */
  highest(keys: readonly LockKey[]): number {
    const wall = this.#clock.wall();
    let highest = 0;
    for (const { fence } of keys) highest = Math.max(highest, this.#counters.get(fence, wall)?.value ?? 0);
    return highest;
  }

  /** Gives all `keys` one counter, for `lifeMs` and as much longer as it is ahead, and no shorter than the one before. */
  keepAll(keys: readonly LockKey[], counter: number, lifeMs: number): void {
    const wall = this.#clock.wall();
    const expiresAt = wall + lifeMs + leadOf(counter, wall);
    for (const { fence } of keys) this.#counters.keep(fence, counter, expiresAt);
  }

  clear(): void {
    this.#counters.clear();
  }

  /** Clears away a little of what has expired. */
  sweep(): void {
    this.#counters.sweep(this.#clock.wall());
  }
}
