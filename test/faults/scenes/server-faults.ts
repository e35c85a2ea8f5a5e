import { forgets, goesOn, silences, stutters } from "./expectations.js";
import type { Fault, Mend, Target } from "./fault.js";
import { repeatedly } from "./repeatedly.js";

/** For as long as it lasts, by one command each that begins and ends it. */
function command(begin: readonly string[], end: readonly string[]): (target: Target) => Promise<Mend> {
  return async ({ nodes }) => {
    const all = ([name = "", ...args]: readonly string[]) =>
      Promise.all(nodes.map((node) => node.call(name, ...args)));
    await all(begin);
    return async () => void (await all(end));
  };
}

/** Again and again, by one command. */
function commandAgain(
  everyMs: number,
  ...args: readonly [string, ...string[]]
): (target: Target) => Promise<Mend> {
  return ({ nodes, random }) =>
    repeatedly(random, everyMs, () => Promise.all(nodes.map((node) => node.call(...args))));
}

/** Servers that refuse, lock out, throw out or forget. */
export const serverFaults: readonly Fault[] = [
  {
    name: "forgets its scripts (SCRIPT FLUSH), again and again",
    aims: { "a minority": goesOn, "a quorum": goesOn },
    strike: commandAgain(30, "SCRIPT", "FLUSH"),
  },
  {
    name: "drops its clients (CLIENT KILL TYPE normal), again and again",
    aims: { "a minority": goesOn, "a quorum": stutters },
    strike: commandAgain(120, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"),
  },
  {
    name: "drops its listeners (CLIENT KILL TYPE pubsub), again and again",
    aims: { "a minority": goesOn, "a quorum": goesOn },
    strike: commandAgain(50, "CLIENT", "KILL", "TYPE", "pubsub"),
  },
  {
    name: "is out of memory (noeviction)",
    // Redis lets a script write on that has given back something before, as when a lock is handed over within a process.
    aims: { "a minority": goesOn, "a quorum": stutters },
    strike: command(["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]),
  },
  {
    name: "becomes a read-only replica",
    aims: silences,
    strike: command(["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]),
  },
  {
    name: "has another password (WRONGPASS)",
    aims: silences,
    async strike({ nodes }) {
      for (const node of nodes) {
        await node.call("ACL", "SETUSER", "worker", "resetpass", ">another");
        await node.call("CLIENT", "KILL", "USER", "worker");
      }
      return async () => void (await Promise.all(nodes.map((node) => node.admitWorkers())));
    },
  },
  {
    name: "allows no scripts (NOPERM)",
    aims: silences,
    async strike({ nodes }) {
      await Promise.all(nodes.map((node) => node.call("ACL", "SETUSER", "worker", "-eval", "-evalsha")));
      return async () => void (await Promise.all(nodes.map((node) => node.admitWorkers())));
    },
  },
  {
    name: "loses all its keys (FLUSHALL), again and again",
    aims: {
      "a minority": {
        ...goesOn,
        exclusion: false,
        assumption: "breaks 1 for a lease on a bare quorum",
      },
      "a quorum": forgets,
    },
    forgets: true,
    strike: commandAgain(300, "FLUSHALL"),
  },
];
