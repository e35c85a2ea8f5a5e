import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLockManager, type Lease, type LockNode } from "@redlock-kit/core";

/** Holds many leases and tells how many bytes of the heap each of them costs. */
const LEASES = 10_000;
const [nodes, autoExtend] = process.argv.slice(2);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Grants everything and remembers nothing. */
function forgetfulNode(name: string): LockNode {
  return {
    name,
    state: "ready",
    watch: () => () => {},
    identify: async () => ({ runId: name, uptimeMs: Infinity, unfit: null, warnings: [] }),
    grant: async ({ proposal }) => ({ kind: "granted", fence: proposal, fresh: true }),
    confirm: async () => true,
    extend: async ({ fence }) => ({ kind: "extended", fence }),
    release: async () => "released",
    inspect: async () => ({ token: null, remainingMs: 0, fence: 0 }),
    close: async () => {},
  };
}

async function heapUsed(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  collect();
  return process.memoryUsage().heapUsed;
}

const locks = createLockManager({
  nodes: Array.from({ length: Number(nodes) }, (_, i) => forgetfulNode(`node-${i + 1}`)),
  ttlMs: 600_000,
  autoExtend: autoExtend === "true",
});
const keys = Array.from({ length: LEASES }, (_, i) => Buffer.from(`seat:${i}`).toString());
const leases: (Lease | undefined)[] = keys.map(() => undefined);
// What is compiled and made once is not a lease's.
for (let i = 0; i < 3_000; i++) await (await locks.acquire("warm up")).release();
const before = await heapUsed();
for (const [i, key] of keys.entries()) leases[i] = await locks.acquire(key);
const bytesPerLease = ((await heapUsed()) - before) / LEASES;
process.send?.({ bytesPerLease, held: leases.length });
