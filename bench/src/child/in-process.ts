import { createLockManager, memoryNode } from "@redlock-kit/core";

const KEYS = 64;

/** Locks of one process, on a node that is an object in it. */
export async function inProcess(_setting: null) {
  const locks = createLockManager({ nodes: [memoryNode()] });
  const keys = Array.from({ length: KEYS }, (_, i) => `key:${i}`);
  return {
    /** Milliseconds that so many pairs took, one after the other. */
    async round(pairs: number): Promise<number> {
      const start = performance.now();
      for (let i = 0; i < pairs; i++) {
        const lease = await locks.acquire(keys[i % KEYS] ?? "");
        await lease.release();
      }
      return performance.now() - start;
    },
  };
}
