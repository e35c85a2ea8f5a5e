import { Socket } from "node:net";
import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Lease, LockManager } from "@redlock-kit/core";
import { Redis } from "ioredis";

// As --expose-gc does, which a process that is forked by the harness can't be given.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is in use once everything that can go has gone. */
export async function memoryInUse(): Promise<NodeJS.MemoryUsage> {
  for (let round = 0; round < 2; round++) {
    collect();
    // Finalizers run between two collections, and what they let go of goes with the second.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}

/** What keeps this process alive: `{ TCPSocketWrap: 4, Timeout: 1 }`. */
export function resourcesByKind(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

type Kinds = Readonly<Record<string, () => void>>;

/** The kinds of objects that must not become more. `locks`, `lease`: one of each, for what they are made by. */
export function kindsOfObjects(locks: LockManager, lease: Lease): Kinds {
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  const kindOf = (one: object): (() => void) => one.constructor as () => void;
  return {
    managers: kindOf(locks),
    leases: kindOf(lease),
    clients: Redis as unknown as () => void,
    sockets: Socket as unknown as () => void,
    timers: kindOf(timer),
    signals: AbortSignal as unknown as () => void,
  };
}

/** How many objects of each kind the heap holds: an exact answer where a number of bytes is a vague one. */
export function countObjects(kinds: Kinds): Record<string, number> {
  const emitWarning = Object.getOwnPropertyDescriptor(process, "emitWarning") ?? {};
  // Node says with a warning that the function is experimental; a soak knows, and counts all others as troubles.
  process.emitWarning = () => {};
  try {
    return Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [name, queryObjects(kind, { format: "count" })]),
    );
  } finally {
    Object.defineProperty(process, "emitWarning", emitWarning);
  }
}
