import type { Case, Job } from "../case.js";
import { contend, type Fault } from "../contend.js";
import { type ContestantId, TUNED } from "../contestants/all.js";
import { SHORT_TTL_MS } from "./processes.js";

export const exclusion: Case = {
  name: "exclusion",
  title: "Never two",
  method:
    "The same contention once more under the eyes of a witness, a server of its own that is no node: every holder adds " +
    "one to a counter there when it comes, and takes it away before it leaves, and must be alone. Its round trips would " +
    "falsify the gaps, so that nothing else is read off these runs. All other runs are checked by their logs.",
  columns: [
    { figure: "acquisitions", title: "acquisitions", digits: 0 },
    { figure: "intrusions", title: "not alone", digits: 0 },
    { figure: "overlaps", title: "overlaps in the log", digits: 0 },
    { figure: "failures", title: "failures", digits: 0 },
  ],
  jobs(quick) {
    const kit = [
      job("kit", 1, 1, 10, "none", quick),
      job("kit", 3, 1, 100, "none", quick),
      job("kit", 1, 4, 10, "none", quick),
      job("kit", 3, 4, 10, "none", quick),
      job("kit", 3, 4, 10, "killed", quick),
      job("kit", 3, 4, 10, "hung", quick),
    ];
    if (quick) return kit.slice(3);
    return [...kit, ...TUNED.map((id) => job(id, 1, 4, 10, "none", quick))];
  },
};

function job(
  contestant: ContestantId,
  nodes: number,
  processes: number,
  waiters: number,
  fault: Fault,
  quick: boolean,
): Job {
  return {
    contestant,
    scenario: { nodes, processes, waiters, "a node is": fault === "none" ? "well" : fault },
    run: () =>
      contend({
        contestant,
        nodes,
        processes,
        waiters,
        holdMs: 0,
        relay: false,
        ttlMs: SHORT_TTL_MS,
        fault,
        rounds: 1,
        roundMs: quick ? 1_000 : 2_500,
        witnessed: true,
      }),
  };
}
