import { createLockManager } from "@redlock-kit/core";
import { type ContestantKind, PATIENCE_MS } from "./contestant.js";

export const kit: ContestantKind = {
  name: "redlock-kit",
  settings: "as shipped, but `waitMs` 120,000, and `restartQuarantineMs` 0, since all servers are new",
  open(clients, ttlMs) {
    const locks = createLockManager({
      nodes: clients,
      ttlMs,
      waitMs: PATIENCE_MS,
      restartQuarantineMs: 0,
    });
    return {
      async acquire(key) {
        const lease = await locks.acquire(key);
        return async () => {
          if (!(await lease.release())) throw new Error("the lock was no longer held");
        };
      },
      close: () => locks.close(),
    };
  },
};
