import type { Case, Job } from "../case.js";
import { startChild } from "../children.js";
import { startServers } from "../servers.js";

const TTL_MS = 5_000;

export const extension: Case = {
  name: "extension",
  title: "Ten thousand leases kept alive",
  method:
    `10,000 locks with a lease of ${TTL_MS / 1_000} s on 3 nodes, all extended automatically by one process, watched for 15 s ` +
    "after they were acquired. The delay of the event loop is by `monitorEventLoopDelay` with a resolution of 1 ms, which is " +
    "taken off, since every sample lasts so long.",
  columns: [
    { figure: "callsPerSecond", title: "calls a second and node", digits: 1 },
    { figure: "lost", title: "leases lost", digits: 0 },
    { figure: "delayP99Ms", title: "event loop delay p99, ms", digits: 1 },
    { figure: "cpuShare", title: "share of a core", digits: 2 },
  ],
  jobs: (quick) => [job(3, quick ? 2_000 : 10_000, quick)],
};

function job(nodes: number, leases: number, quick: boolean): Job {
  return {
    contestant: "kit",
    scenario: { nodes, locks: leases },
    async run() {
      await using servers = await startServers(nodes);
      const ports = servers.list.map(({ port }) => port);
      await using child = await startChild("extending", { ports, ttlMs: TTL_MS, leases });
      await child.call("acquire");
      const { commands, ms, lost, delayP99Ms, cpuShare } = await child.call("watch", quick ? 6_000 : 15_000);
      return { figures: { callsPerSecond: (commands * 1_000) / ms / nodes, lost, delayP99Ms, cpuShare } };
    },
  };
}
