import { Mutex, RedlockMutex } from "redis-semaphore";
import { type ContestantKind, PATIENCE_MS } from "./contestant.js";

/** A mutex object is one owner, so that every acquire needs one of its own, as in its documentation. */
export const redisSemaphore: ContestantKind = {
  name: "redis-semaphore",
  settings:
    "`Mutex` on one node, else `RedlockMutex`; `acquireTimeout` 120,000 (it ships with `retryInterval` 10)",
  open(clients, ttlMs) {
    const [only, ...others] = clients;
    if (only === undefined) throw new Error("there is no client");
    const options = { lockTimeout: ttlMs, acquireTimeout: PATIENCE_MS };
    return {
      async acquire(key) {
        let lost = false;
        const own = { ...options, onLockLost: () => void (lost = true) };
        const mutex =
          others.length === 0 ? new Mutex(only, key, own) : new RedlockMutex([...clients], key, own);
        await mutex.acquire();
        return async () => {
          await mutex.release();
          if (lost) throw new Error("the lock was no longer held");
        };
      },
      close: async () => {},
    };
  },
};
