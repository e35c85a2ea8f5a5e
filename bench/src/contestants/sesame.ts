import { Redlock } from "@sesamecare-oss/redlock";
import type { ContestantKind } from "./contestant.js";

export const sesame: ContestantKind = {
  name: "@sesamecare-oss/redlock",
  settings: "`retryCount` -1 (no end)",
  open: opener({ retryCount: -1 }),
};

export const sesameTuned: ContestantKind = {
  name: "@sesamecare-oss/redlock, 10 ms",
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
