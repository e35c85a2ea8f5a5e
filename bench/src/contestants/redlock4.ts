import Redlock from "redlock4";
import type { ContestantKind } from "./contestant.js";

export const redlock4: ContestantKind = {
  name: "redlock 4",
  settings: "`retryCount` -1 (no end)",
  open: opener({ retryCount: -1 }),
};

export const redlock4Tuned: ContestantKind = {
  name: "redlock 4, 10 ms",
  settings: "`retryCount` -1, `retryDelay` 10, `retryJitter` 5",
  open: opener({ retryCount: -1, retryDelay: 10, retryJitter: 5 }),
};

function opener(settings: Readonly<Record<string, number>>): ContestantKind["open"] {
  return (clients, ttlMs) => {
    const redlock = new Redlock(clients, settings).on("clientError", () => {});
    return {
      async acquire(key) {
        const lock = await redlock.lock(key, ttlMs);
        return async () => {
          await lock.unlock();
        };
      },
      close: async () => {},
    };
  };
}
