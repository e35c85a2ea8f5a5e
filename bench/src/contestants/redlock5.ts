import Redlock from "redlock";
import type { ContestantKind } from "./contestant.js";

export const redlock5: ContestantKind = {
  name: "redlock 5",
  settings: "`retryCount` -1 (no end)",
  open: opener({ retryCount: -1 }),
};

export const redlock5Tuned: ContestantKind = {
  name: "redlock 5, 10 ms",
  settings: "`retryCount` -1, `retryDelay` 10, `retryJitter` 5",
  open: opener({ retryCount: -1, retryDelay: 10, retryJitter: 5 }),
};

function opener(settings: Readonly<Record<string, number>>): ContestantKind["open"] {
  return (clients, ttlMs) => {
    const redlock = new Redlock(clients, settings).on("error", () => {});
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
