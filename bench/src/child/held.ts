import { createLockManager, type Lease } from "@redlock-kit/core";
import { collectedHeap } from "./collected-heap.js";
import { connect } from "./connect.js";

export interface HeldSetting {
  readonly ports: readonly number[];
  readonly autoExtend: boolean;
  readonly leases: number;
}

const AT_ONCE = 250;
const HOUR_MS = 3_600_000;

/** What a held lock costs the client. The locks are on real servers, whose memory is their own. */
export async function held({ ports, autoExtend, leases }: HeldSetting) {
  const clients = await connect(ports);
  const locks = createLockManager({ nodes: clients, ttlMs: HOUR_MS, autoExtend, restartQuarantineMs: 0 });
  // Made, flat and kept beforehand, so that neither the keys nor the array of the caller's are counted.
  const keys = Array.from({ length: leases }, (_, i) => Buffer.from(`account:${1_000_000 + i}`).toString());
  const kept = keys.map((): Lease | undefined => undefined);
  const acquire = async (count: number): Promise<void> => {
    for (let from = 0; from < count; from += AT_ONCE) {
      const some = keys.slice(from, Math.min(from + AT_ONCE, count));
      const granted = await Promise.all(some.map((key) => locks.acquire(key)));
      for (const [i, lease] of granted.entries()) kept[from + i] = lease;
    }
  };
  return {
    /** Code gets compiled and buffers grow: that is no lock's share. */
    async warmUp(count: number): Promise<void> {
      await acquire(count);
      for (let i = 0; i < count; i++) {
        await kept[i]?.release();
        kept[i] = undefined;
      }
    },
    async bytesPerLease(): Promise<{ bytes: number; held: number }> {
      const before = await collectedHeap();
      await acquire(leases);
      const after = await collectedHeap();
      return { bytes: (after - before) / leases, held: kept.filter((lease) => lease?.valid).length };
    },
  };
}
