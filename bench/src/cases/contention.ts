import type { Case, Job } from "../case.js";
import { contend } from "../contend.js";
import { type ContestantId, TUNED } from "../contestants/all.js";

const WAITING_TTL_MS = 10_000;

/** Libraries that ship with a longer delay between polls than they are tuned to. */
const SLOWLY = ["redlock5", "redlock4", "sesame", "universal"] as const;

export const contention: Case = {
  name: "contention",
  title: "Waiters in one process",
  method:
    "Waiters loop on one key: acquire, hold, release, and again. The gap is the time from one holder's call of release to " +
    "the acquire of the next, where that is another waiter; it is given as multiples of the round trip of PING, taken " +
    "before and after each round over the same clients while they are idle (one after the other, and where a lock is held for " +
    "some time with as long a pause between them): to one node, and to all nodes at once, waiting for all. Commands are those that the process's clients " +
    "write (counted in ioredis, since a server's counters take in what scripts call), over all acquisitions. Jain's index is " +
    "1 when all waiters got the lock equally often, 1/n when one got all. Retaken: the share of acquisitions by the " +
    "waiter that had just released, while others waited; where that is most of them, a short gap says little, since the lock " +
    "goes to whoever happens to ask (the case before measures what a waiter waits for). The log of all holders is checked for overlaps.",
  columns: [
    { figure: "gapP50Pings", title: "gap p50, PINGs", digits: 1 },
    { figure: "gapP50PingsOfAll", title: "gap p50, PINGs of all nodes", digits: 1 },
    { figure: "gapP99Pings", title: "gap p99, PINGs", digits: 1 },
    { figure: "gapP50Us", title: "gap p50, µs", digits: 0 },
    { figure: "perSecond", title: "acquisitions a second", digits: 0 },
    { figure: "commandsPerNode", title: "commands per acquisition and node", digits: 1 },
    { figure: "jain", title: "Jain's index", digits: 3 },
    { figure: "retaken", title: "retaken", digits: 2 },
    { figure: "failures", title: "failures", digits: 0 },
    { figure: "overlaps", title: "overlaps", digits: 0 },
  ],
  plot: {
    title: "Commands per acquisition and node, 100 waiters in one process who hold for 1 ms",
    figure: "commandsPerNode",
    digits: 1,
    scale: "log",
    target: { value: 2, label: "bar" },
    shows: ({ waiters, hold }) => waiters === 100 && hold === "1 ms",
    group: ({ nodes }) => (nodes === 1 ? "1 node" : `${nodes} nodes`),
  },
  jobs(quick) {
    if (quick) {
      return [
        job("kit", 1, 10, 0, quick),
        job("kit", 3, 10, 1, quick),
        job("kit", 3, 100, 0, quick),
        job("redlock5-tuned", 1, 10, 0, quick),
      ];
    }
    const crowds = [2, 10, 100];
    return [
      ...[0, 1].flatMap((holdMs) =>
        [1, 3].flatMap((nodes) => crowds.map((waiters) => job("kit", nodes, waiters, holdMs, quick))),
      ),
      ...TUNED.flatMap((id) =>
        [1, 3].flatMap((nodes) => [
          ...crowds.map((waiters) => job(id, nodes, waiters, 0, quick)),
          job(id, nodes, 100, 1, quick),
        ]),
      ),
      ...SLOWLY.map((id) => job(id, 1, 100, 0, quick)),
    ];
  },
};

function job(contestant: ContestantId, nodes: number, waiters: number, holdMs: number, quick: boolean): Job {
  const isKit = contestant === "kit";
  return {
    contestant,
    scenario: { nodes, waiters, hold: `${holdMs} ms` },
    run: () =>
      contend({
        contestant,
        nodes,
        processes: 1,
        waiters,
        holdMs,
        relay: false,
        ttlMs: WAITING_TTL_MS,
        fault: "none",
        rounds: isKit ? 2 : 1,
        roundMs: isKit ? (quick ? 300 : 1_500) : quick ? 1_000 : 1_500,
        witnessed: false,
      }),
  };
}
