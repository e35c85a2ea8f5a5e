import type { Case, Job } from "../case.js";
import { startChild } from "../children.js";
import { startServers } from "../servers.js";

export const memory: Case = {
  name: "memory",
  title: "Memory of a held lock",
  method:
    "`heapUsed` of the client's process after full collections, before and after acquiring 20,000 locks that are then held, " +
    "divided by their number. Counted is all that the kit keeps for a lock (the lease, its token, the entries of its tables), " +
    "not the caller's key and reference, which are there beforehand.",
  columns: [
    { figure: "bytes", title: "bytes a lock", digits: 0 },
    { figure: "held", title: "locks held", digits: 0 },
  ],
  jobs(quick) {
    const jobs = (quick ? [1] : [1, 3]).flatMap((nodes) =>
      [false, true].map((extend) => job(nodes, extend, quick)),
    );
    return jobs;
  },
};

function job(nodes: number, autoExtend: boolean, quick: boolean): Job {
  return {
    contestant: "kit",
    scenario: { nodes, extended: autoExtend ? "yes" : "no" },
    async run() {
      await using servers = await startServers(nodes);
      const ports = servers.list.map(({ port }) => port);
      await using child = await startChild("held", { ports, autoExtend, leases: quick ? 5_000 : 20_000 });
      await child.call("warmUp", 1_000);
      return { figures: await child.call("bytesPerLease") };
    },
  };
}
