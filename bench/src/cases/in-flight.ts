import type { Case, Job } from "../case.js";
import type { Spent } from "../child/pairs.js";
import { startChild } from "../children.js";
import { type ContestantId, SHIPPED } from "../contestants/all.js";
import { startServers } from "../servers.js";
import { median } from "../statistics/numbers.js";

export const inFlight: Case = {
  name: "in-flight",
  title: "Many locks in flight",
  method:
    "So many workers in one process, each acquiring and releasing a key of its own over and over, against the floor with as " +
    "many in flight, in turns. CPU is what the client's process spent (`process.cpuUsage`, user and system); nothing but " +
    "the clients runs in it. All figures are those of the median round.",
  columns: [
    { figure: "ratio", title: "throughput / floor's", digits: 2 },
    { figure: "cpuRatio", title: "CPU / floor's", digits: 2 },
    { figure: "perSecond", title: "pairs a second", digits: 0 },
    { figure: "floorPerSecond", title: "floor's", digits: 0 },
    { figure: "cpuUs", title: "CPU µs a pair", digits: 1 },
    { figure: "floorCpuUs", title: "floor's", digits: 1 },
  ],
  plot: {
    title: "CPU of the client for a pair, 64 in flight, as a share of the floor's",
    figure: "cpuRatio",
    digits: 2,
    scale: "linear",
    target: { value: 0.5, label: "bar" },
    shows: (scenario) => scenario["in flight"] === 64,
    group: ({ nodes }) => (nodes === 1 ? "1 node" : `${nodes} nodes`),
  },
  jobs(quick) {
    if (quick) return [job("kit", 1, 64, quick), job("kit", 3, 512, quick)];
    return [
      ...[1, 3, 5].flatMap((nodes) => [64, 512].map((many) => job("kit", nodes, many, quick))),
      ...[1, 3].flatMap((nodes) => SHIPPED.map((id) => job(id, nodes, 64, quick))),
    ];
  },
};

function job(contestant: ContestantId, nodes: number, many: number, quick: boolean): Job {
  const rounds = quick ? 4 : contestant === "kit" ? 20 : 8;
  const pairsEach = Math.max(4, Math.floor((quick ? 2_000 : 6_000) / nodes / many));
  return {
    contestant,
    scenario: { nodes, "in flight": many },
    async run() {
      await using servers = await startServers(nodes);
      const ports = servers.list.map(({ port }) => port);
      await using child = await startChild("pairs", { contestant, ports, inFlight: many, keys: many });
      const count = pairsEach * many;
      for (let i = 0; i < (quick ? 1 : 3); i++) await child.call("warmUp", count);
      const spent: { own: Spent; floor: Spent }[] = [];
      for (let round = 0; round < rounds; round++) spent.push(await child.call("round", round, count));
      const typical = (value: (round: { own: Spent; floor: Spent }) => number): number | undefined =>
        median(spent.map(value));
      return {
        figures: {
          ratio: typical(({ own, floor }) => floor.wallMs / own.wallMs),
          cpuRatio: typical(({ own, floor }) => own.cpuMs / floor.cpuMs),
          perSecond: typical(({ own }) => (count * 1_000) / own.wallMs),
          floorPerSecond: typical(({ floor }) => (count * 1_000) / floor.wallMs),
          cpuUs: typical(({ own }) => (own.cpuMs * 1_000) / count),
          floorCpuUs: typical(({ floor }) => (floor.cpuMs * 1_000) / count),
        },
      };
    },
  };
}
