import type { Redis } from "ioredis";
import { createLock, createRedlock, IoredisAdapter, type Lock } from "redlock-universal";
import type { Contestant, ContestantKind } from "./contestant.js";

const ENDLESS = 1_000_000;

export const universal: ContestantKind = {
  name: "redlock-universal",
  settings: `\`createLock\` on one node, else \`createRedlock\`; \`retryAttempts\` ${ENDLESS}`,
  open: (clients, ttlMs) => contestant(clients, { ttl: ttlMs, retryAttempts: ENDLESS }),
};

export const universalTuned: ContestantKind = {
  name: "redlock-universal, 10 ms",
  settings: `the same with \`retryDelay\` 10`,
  open: (clients, ttlMs) => contestant(clients, { ttl: ttlMs, retryAttempts: ENDLESS, retryDelay: 10 }),
};

export const universalLean: ContestantKind = {
  name: "redlock-universal, lean",
  settings: '`createLock` with `performance: "lean"`, which there is for one node only',
  open: (clients, ttlMs) =>
    contestant(clients, { ttl: ttlMs, retryAttempts: ENDLESS, performance: "lean" as const }),
};

interface Options {
  readonly ttl: number;
  readonly retryAttempts: number;
  readonly retryDelay?: number;
  readonly performance?: "lean";
}

/** A lock object is made once for a key; its handles are the owners. */
function contestant(clients: readonly Redis[], { performance, ...options }: Options): Contestant {
  const adapters = clients.map((client) => new IoredisAdapter(client));
  const locks = new Map<string, Lock>();
  const lockOf = (key: string): Lock => {
    let lock = locks.get(key);
    if (lock === undefined) {
      const [only, ...others] = adapters;
      if (only === undefined) throw new Error("there is no client");
      const lean = performance === undefined ? {} : { performance };
      lock =
        others.length === 0
          ? createLock({ adapter: only, key, ...options, ...lean })
          : createRedlock({ adapters, key, ...options });
      locks.set(key, lock);
    }
    return lock;
  };
  return {
    async acquire(key) {
      const lock = lockOf(key);
      const handle = await lock.acquire();
      return async () => {
        if (!(await lock.release(handle))) throw new Error("the lock was no longer held");
      };
    },
    close: async () => {},
  };
}
