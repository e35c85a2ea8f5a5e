import { setTimeout as sleep } from "node:timers/promises";
import { type ContestantId, contestants } from "../contestants/all.js";
import { CommandCounter } from "./command-counter.js";
import { connect } from "./connect.js";

export interface CrowdSetting {
  readonly contestant: ContestantId;
  readonly ports: readonly number[];
  readonly ttlMs: number;
}

const KEY = "crowded";

/** Who holds one lock throughout, or stands in the queue for it. */
export async function crowd({ contestant, ports, ttlMs }: CrowdSetting) {
  const counter = new CommandCounter();
  const locks = await contestants[contestant].open(await connect(ports), ttlMs);
  let admitted = 0;
  let failed = 0;
  return {
    async hold(): Promise<void> {
      await locks.acquire(KEY);
    },
    /** They wait for ever, and are never to get it. */
    async queue(waiters: number): Promise<void> {
      for (let i = 0; i < waiters; i++) {
        locks.acquire(KEY).then(
          () => admitted++,
          () => failed++,
        );
      }
    },
    /** What this process sends in so many milliseconds. */
    async listen(ms: number): Promise<{ commands: number; ms: number; admitted: number; failed: number }> {
      const before = counter.total;
      const start = performance.now();
      await sleep(ms);
      return { commands: counter.total - before, ms: performance.now() - start, admitted, failed };
    },
  };
}
