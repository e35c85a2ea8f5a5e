import type { Case, Job } from "../case.js";
import { contend, type Fault } from "../contend.js";
import { type ContestantId, TUNED } from "../contestants/all.js";

/** Short, so that a stall in steps of the lease time would show. */
export const SHORT_TTL_MS = 2_000;

export const processes: Case = {
  name: "processes",
  title: "Waiters in four processes",
  method:
    "The same with 4 processes of 10 waiters each, who release at once; the clock that they log by is the machine's. The " +
    `lease time is ${SHORT_TTL_MS / 1_000} s, so that lost wake-ups and live-locks show as stalls. One node of three is ` +
    "killed (SIGKILL) or hung (SIGSTOP) right before the first acquire. There the other libraries get " +
    "clients that fail fast (no offline queue, no retries). Commands are over all nodes.",
  columns: [
    { figure: "gapP50Pings", title: "gap p50, PINGs", digits: 1 },
    { figure: "gapP50PingsOfAll", title: "gap p50, PINGs of all nodes", digits: 1 },
    { figure: "gapP99Pings", title: "gap p99, PINGs", digits: 1 },
    { figure: "gapP50Us", title: "gap p50, µs", digits: 0 },
    { figure: "longestGapMs", title: "longest gap, ms", digits: 0 },
    { figure: "perSecond", title: "acquisitions a second", digits: 0 },
    { figure: "commands", title: "commands per acquisition", digits: 1 },
    { figure: "jain", title: "Jain's index", digits: 3 },
    { figure: "failures", title: "failures", digits: 0 },
    { figure: "overlaps", title: "overlaps", digits: 0 },
  ],
  plot: {
    title: "Acquisitions a second, 4 processes of 10 waiters on one key",
    figure: "perSecond",
    digits: 0,
    scale: "log",
    shows: () => true,
    group: (scenario) => {
      const node = scenario["a node is"];
      return `${scenario.nodes === 1 ? "1 node" : `${scenario.nodes} nodes`}${node === "well" ? "" : `, one ${node}`}`;
    },
  },
  jobs(quick) {
    const kit = [
      job("kit", 1, "none", quick),
      job("kit", 3, "none", quick),
      job("kit", 3, "killed", quick),
      job("kit", 3, "hung", quick),
    ];
    if (quick) return [...kit, job("redlock5-tuned", 3, "none", quick)];
    return [
      ...kit,
      ...TUNED.flatMap((id) => [1, 3].map((nodes) => job(id, nodes, "none", quick))),
      ...TUNED.map((id) => job(id, 3, "killed", quick)),
    ];
  },
};

function job(contestant: ContestantId, nodes: number, fault: Fault, quick: boolean): Job {
  const isKit = contestant === "kit";
  return {
    contestant,
    scenario: { nodes, "a node is": fault === "none" ? "well" : fault },
    run: () =>
      contend({
        contestant,
        nodes,
        processes: 4,
        waiters: 10,
        holdMs: 0,
        relay: false,
        ttlMs: SHORT_TTL_MS,
        fault,
        rounds: isKit && !quick ? 2 : 1,
        roundMs: quick ? 1_000 : isKit ? 3_000 : 4_000,
        witnessed: false,
      }),
  };
}
