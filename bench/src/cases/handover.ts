import type { Case, Job } from "../case.js";
import { contend } from "../contend.js";
import { type ContestantId, SHIPPED, TUNED } from "../contestants/all.js";

const LEASE_MS = 10_000;
const HOLD_MS = 10;

export const handover: Case = {
  name: "handover",
  title: "Hand-over to a waiter",
  method:
    `What somebody who waits waits for. Two in one process take turns; each holds for ${HOLD_MS / 2} to ${HOLD_MS * 1.5} ms, and who has ` +
    "released stands back until the other holds the lock, so that nobody takes it from under the one that waits, as " +
    "happens most of the time when polling libraries loop. " +
    "The gap is the time from the call of release to the acquire of the next holder.",
  columns: [
    { figure: "gapP50Us", title: "gap p50, µs", digits: 0 },
    { figure: "gapP99Us", title: "gap p99, µs", digits: 0 },
    { figure: "gapP50Pings", title: "gap p50, PINGs", digits: 1 },
    { figure: "gapP50PingsOfAll", title: "gap p50, PINGs of all nodes", digits: 1 },
    { figure: "commandsPerNode", title: "commands per acquisition and node", digits: 1 },
    { figure: "failures", title: "failures", digits: 0 },
    { figure: "overlaps", title: "overlaps", digits: 0 },
  ],
  plot: {
    title: "From a release to the acquire of the waiter, p50 in µs",
    figure: "gapP50Us",
    digits: 0,
    scale: "log",
    shows: () => true,
    group: ({ nodes }) => (nodes === 1 ? "1 node" : `${nodes} nodes`),
  },
  jobs(quick) {
    if (quick) return [job("kit", 1, 2, quick), job("redlock5", 1, 2, quick)];
    const ids: readonly ContestantId[] = ["kit", ...TUNED, ...SHIPPED.filter((id) => id !== "semaphore")];
    return [
      ...ids.map((id) => job(id, 1, 2, quick)),
      ...["kit" as const, ...TUNED].map((id) => job(id, 3, 2, quick)),
    ];
  },
};

function job(contestant: ContestantId, nodes: number, waiters: number, quick: boolean): Job {
  return {
    contestant,
    scenario: { nodes, waiters },
    run: () =>
      contend({
        contestant,
        nodes,
        processes: 1,
        waiters,
        holdMs: HOLD_MS,
        relay: true,
        ttlMs: LEASE_MS,
        fault: "none",
        rounds: 1,
        roundMs: quick ? 1_000 : 2_500,
        witnessed: false,
      }),
  };
}
