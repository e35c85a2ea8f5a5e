import { ExpiringMap } from "./expiring-map.js";
import type { LockKey } from "./lock-node.js";

/** The fencing counters of a memory node. */
export class FenceCounters extends ExpiringMap<number> {
  /** The largest counter of `keys`; 0 if there is none. */
  highest(keys: readonly LockKey[], now: number): number {
    let highest = 0;
    for (const { fence } of keys) highest = Math.max(highest, this.get(fence, now)?.value ?? 0);
    return highest;
  }

  /** Gives all `keys` one counter, which expires no earlier than the one before. */
  keepAll(keys: readonly LockKey[], counter: number, expiresAt: number): void {
    for (const { fence } of keys) this.keep(fence, counter, expiresAt);
  }
}
