import type { Redis } from "ioredis";
import type { ContestantKind } from "./contestant.js";

/** What redlock 5 and its fork have in common. */
interface RedlockLike {
  acquire(keys: string[], ttlMs: number): Promise<{ release(): Promise<unknown> }>;
}

type Make = (clients: Redis[], settings: Readonly<Record<string, number>>) => RedlockLike;

/** As shipped but for giving up, and tuned. */
export function redlockLike(name: string, make: Make): { shipped: ContestantKind; tuned: ContestantKind } {
  return {
    shipped: { name, settings: "`retryCount` -1 (no end)", open: opener(make, { retryCount: -1 }) },
    tuned: {
      name: `${name}, 10 ms`,
      settings: "`retryCount` -1, `retryDelay` 10, `retryJitter` 5",
      open: opener(make, { retryCount: -1, retryDelay: 10, retryJitter: 5 }),
    },
  };
}

function opener(make: Make, settings: Readonly<Record<string, number>>): ContestantKind["open"] {
  return (clients, ttlMs) => {
    const redlock = make([...clients], settings);
    return {
      async acquire(key) {
        const lock = await redlock.acquire([key], ttlMs);
        return async () => {
          await lock.release();
        };
      },
      close: async () => {},
    };
  };
}
