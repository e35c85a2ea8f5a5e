import type { Case, Job } from "../case.js";
import type { Spent } from "../child/pairs.js";
import { startChild } from "../children.js";
import { type ContestantId, SHIPPED } from "../contestants/all.js";
import { startServers } from "../servers.js";
import { median, percentile } from "../statistics/numbers.js";

const PAIRS = 100;

export const uncontended: Case = {
  name: "uncontended",
  title: "A free lock",
  method:
    "Acquire and release, one after the other, on one connection a node. The floor is what can't be done with less by " +
    "hand: `SET key token NX PX ttl`, then compare-and-delete by a script, on the same clients, waiting for all nodes. " +
    `A library and the floor take turns in rounds of ${PAIRS} pairs in one process, so that whatever else the machine ` +
    "does falls on both alike. All figures are those of the median round, which a stall of the machine doesn't move.",
  columns: [
    { figure: "ratio", title: "throughput / floor's", digits: 2 },
    { figure: "ratioLow", title: "quarter of rounds below", digits: 2 },
    { figure: "ratioHigh", title: "quarter of rounds above", digits: 2 },
    { figure: "ownUs", title: "µs a pair", digits: 0 },
    { figure: "floorUs", title: "floor's µs a pair", digits: 0 },
  ],
  plot: {
    title: "Acquire and release of a free lock: throughput as a share of the floor's",
    figure: "ratio",
    digits: 2,
    scale: "linear",
    target: { value: 1, label: "floor" },
    shows: () => true,
    group: ({ nodes }) => (nodes === 1 ? "1 node" : `${nodes} nodes`),
  },
  jobs(quick) {
    const nodes = quick ? [1, 3] : [1, 3, 5];
    const peers: readonly ContestantId[] = quick ? ["redlock5"] : SHIPPED;
    const jobs = nodes.flatMap((count) => ["kit" as const, ...peers].map((id) => job(id, count, quick)));
    return quick ? jobs : [...jobs, job("universal-lean", 1, quick)];
  },
};

function job(contestant: ContestantId, nodes: number, quick: boolean): Job {
  const isKit = contestant === "kit";
  const rounds = quick ? 6 : isKit ? 120 : 50;
  const warmUp = quick ? 500 : isKit ? 5_000 : 2_000;
  return {
    contestant,
    scenario: { nodes },
    async run() {
      await using servers = await startServers(nodes);
      const ports = servers.list.map(({ port }) => port);
      await using child = await startChild("pairs", { contestant, ports, inFlight: 1, keys: 64 });
      await child.call("warmUp", warmUp);
      const spent: { own: Spent; floor: Spent }[] = [];
      for (let round = 0; round < rounds; round++) spent.push(await child.call("round", round, PAIRS));
      const ratios = spent.map(({ own, floor }) => floor.wallMs / own.wallMs);
      const us = (of: "own" | "floor"): number | undefined =>
        median(spent.map((round) => (round[of].wallMs * 1_000) / PAIRS));
      return {
        figures: {
          ratio: median(ratios),
          ratioLow: percentile(ratios, 0.25),
          ratioHigh: percentile(ratios, 0.75),
          ownUs: us("own"),
          floorUs: us("floor"),
        },
      };
    },
  };
}
