import { createLockManager } from "@redlock-kit/core";
import { Redis } from "ioredis";
import { writeFenced } from "./fenced-store.js";

/** What a holder sees that was frozen for longer than its lease. */
export interface Awakening {
  readonly valid: boolean;
  readonly remainingMs: number;
  readonly aborted: boolean;
  readonly written: boolean;
  readonly released: boolean;
}

const FREEZE_MS = 500;
const [witness = "", ...nodes] = process.argv.slice(2);
const store = new Redis(witness);
await store.ping();
const locks = createLockManager({ nodes, ttlMs: 1_000 });
const lease = await locks.acquire("seat");
let before = performance.now();
const end = before + 15_000;
process.send?.(lease.fencingToken);

// A loop without a pause: when time makes a leap in it, this is the first code to run after a freeze, and no timer
// and no answer of a node has told the lease about it.
for (let now = before; now - before < FREEZE_MS; now = performance.now()) {
  if (now > end) throw new Error("This process was to be frozen, and was not");
  before = now;
}
const { valid, signal } = lease;
const firstLook = { valid, remainingMs: lease.remainingMs(), aborted: signal.aborted };
const written = await writeFenced(store, "what the frozen one wanted to write", lease.fencingToken);
const awakening: Awakening = { ...firstLook, written, released: await lease.release() };
process.send?.(awakening);
await locks.close();
store.disconnect();
process.disconnect();
