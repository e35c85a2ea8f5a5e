import { setTimeout as sleep } from "node:timers/promises";
import { stall } from "../../support/tcp-proxy.js";
import { goesOn } from "./expectations.js";
import type { Fault } from "./fault.js";
import { repeatedly } from "./repeatedly.js";

const MINUTE_MS = 60_000;

/** What clients' clocks say has no part in anything but fencing tokens, and there the nodes' counters decide. */
const anyClock = { ...goesOn, assumption: "2: clients' clocks may say anything" };

function clockOf(aheadMs: number): string {
  const byMs = Math.abs(aheadMs);
  const by = byMs < MINUTE_MS ? `${byMs / 1_000} seconds` : `${byMs / MINUTE_MS} minutes`;
  return `${aheadMs > 0 ? "ahead" : "back"} by ${by}`;
}

function clockSet(aheadMs: number): Fault {
  return {
    name: `has its clock set ${clockOf(aheadMs)} while it holds, and put right`,
    aims: { "one worker": anyClock },
    needs: "workers' clocks",
    needsHolder: true,
    async strike({ worker }) {
      await worker.give("holdOne");
      await worker.setWallClock(aheadMs);
      return () => worker.setWallClock(0);
    },
  };
}

/** Processes that freeze, die, or are told another time. */
export const workerFaults: readonly Fault[] = [
  {
    name: "is frozen (SIGSTOP) beyond the ttl while it holds",
    aims: { "one worker": goesOn },
    needsHolder: true,
    async strike({ worker, ttlMs }) {
      await worker.give("holdOne");
      worker.freeze();
      const longEnough = sleep(1.5 * ttlMs);
      return async () => {
        await longEnough;
        worker.thaw();
      };
    },
  },
  {
    name: "is killed (SIGKILL) while it holds",
    aims: { "one worker": goesOn },
    needsHolder: true,
    async strike({ worker, replace }) {
      await worker.give("holdOne");
      await worker.kill();
      return () => replace(worker);
    },
  },
  clockSet(5 * MINUTE_MS),
  clockSet(-5 * MINUTE_MS),
  clockSet(2_000),
  clockSet(-2_000),
  {
    name: "has its clock set back by a minute while it holds, and is cut off",
    aims: { "one worker": anyClock },
    needs: "workers' clocks",
    needsHolder: true,
    async strike({ worker, nodes, others, networkOf }) {
      await worker.give("holdOne");
      const network = networkOf(worker, [...nodes, ...others]);
      await worker.setWallClock(-MINUTE_MS);
      await network.apply(stall);
      return async () => {
        await network.apply({});
        await worker.setWallClock(0);
      };
    },
  },
  {
    name: "has a clock that is minutes away from the others', again and again another",
    aims: { "all workers": anyClock },
    needs: "workers' clocks",
    async strike({ workers, random, ttlMs }) {
      const set = (aheadMs: () => number) =>
        Promise.all(workers.map((worker) => worker.setWallClock(Math.round(aheadMs()))));
      const mend = await repeatedly(random, ttlMs, () => set(() => (2 * random() - 1) * 5 * MINUTE_MS));
      return async () => {
        await mend();
        await set(() => 0);
      };
    },
  },
];
