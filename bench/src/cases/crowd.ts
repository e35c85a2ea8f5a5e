import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Figures, Job } from "../case.js";
import { startChild } from "../children.js";
import { type ContestantId, TUNED } from "../contestants/all.js";
import { startServers } from "../servers.js";

export const crowd: Case = {
  name: "crowd",
  title: "A crowd that waits",
  method:
    "One process holds a lock and keeps it; so many waiters in another process wait for it. What is counted is what the " +
    "waiting process sends, once the queue has stood for two seconds. (The holder's extensions are counted apart. Kit: a lease " +
    "of 10 s, extended; the others, which would not all extend it, hold one of 60 s.)",
  columns: [
    { figure: "commandsPerSecond", title: "commands a second and node", digits: 1 },
    { figure: "holderPerSecond", title: "holder's", digits: 1 },
    { figure: "failures", title: "failures", digits: 0 },
  ],
  plot: {
    title: "Commands a second of 100 waiters in one process behind one holder, 1 node",
    figure: "commandsPerSecond",
    digits: 1,
    scale: "log",
    target: { value: 2, label: "bar" },
    shows: ({ nodes, waiters }) => nodes === 1 && waiters === 100,
    group: () => "",
  },
  jobs(quick) {
    if (quick) return [job("kit", 3, 1_000, quick)];
    const kit = [1, 3].flatMap((nodes) =>
      [1, 10, 100, 1_000].map((waiters) => job("kit", nodes, waiters, quick)),
    );
    return [...kit, ...TUNED.map((id) => job(id, 1, 100, quick))];
  },
};

function job(contestant: ContestantId, nodes: number, waiters: number, quick: boolean): Job {
  const isKit = contestant === "kit";
  const listenMs = quick ? 2_000 : isKit ? 6_000 : 2_000;
  const settleMs = quick ? 1_000 : 2_000;
  const ttlMs = isKit ? 10_000 : 60_000;
  return {
    contestant,
    scenario: { nodes, waiters },
    async run() {
      await using servers = await startServers(nodes);
      const setting = { contestant, ports: servers.list.map(({ port }) => port), ttlMs };
      await using holder = await startChild("crowd", setting);
      await using queue = await startChild("crowd", setting);
      await holder.call("hold");
      await queue.call("queue", waiters);
      await sleep(settleMs);
      const [held, waited] = await Promise.all([
        holder.call("listen", listenMs),
        queue.call("listen", listenMs),
      ]);
      const figures: Figures = {
        commandsPerSecond: (waited.commands * 1_000) / waited.ms / nodes,
        holderPerSecond: (held.commands * 1_000) / held.ms / nodes,
        failures: waited.failed + waited.admitted,
      };
      return { figures };
    },
  };
}
