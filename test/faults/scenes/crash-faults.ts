import { stall } from "../../support/tcp-proxy.js";
import { forgets, goesOn, silences, stops, stutters } from "./expectations.js";
import type { Fault } from "./fault.js";
import { repeatedly } from "./repeatedly.js";
import type { StageNode } from "./stage-node.js";

function each(nodes: readonly StageNode[], act: (node: StageNode) => Promise<unknown>): Promise<unknown> {
  return Promise.all(nodes.map(act));
}

async function crash({ server }: StageNode): Promise<void> {
  await server.kill();
  await server.restart();
}

const mayForget = { ...goesOn, assumption: "1: a minority may restart empty" };

/** Servers that die, and servers that stop for a while. */
export const crashFaults: readonly Fault[] = [
  {
    name: "is killed (SIGKILL) and restarts empty, again and again",
    always: true,
    aims: { "a minority": mayForget, "a quorum": { ...forgets, assumption: "breaks 1 and 4" } },
    forgets: true,
    strike: ({ nodes, random, ttlMs }) => repeatedly(random, ttlMs, () => each(nodes, crash)),
  },
  {
    name: "is killed (SIGKILL) and restarts empty when all leases are over",
    aims: { "a minority": mayForget, "a quorum": { ...stops, assumption: "1: no lease is left" } },
    forgets: true,
    async strike({ nodes }) {
      await each(nodes, ({ server }) => server.kill());
      return async () => void (await each(nodes, ({ server }) => server.restart()));
    },
  },
  {
    name: "is killed (SIGKILL) and restarts with its data, again and again",
    aims: { "a minority": goesOn, "a quorum": stutters },
    needs: "durable nodes",
    strike: ({ nodes, random }) => repeatedly(random, 400, () => each(nodes, crash)),
  },
  {
    name: "restarts empty under a lease that stands on a bare quorum",
    always: true,
    needsHolder: true,
    aims: { "a minority": mayForget },
    forgets: true,
    async strike({ nodes, others, worker, networkOf, random, ttlMs }) {
      // The nodes that are struck are out of the holder's reach; the one that forgets is among the others.
      const [forgetful] = others;
      const away = networkOf(worker, nodes);
      await away.apply(stall);
      const mend = await repeatedly(random, 2 * ttlMs, async () => {
        await worker.give("holdOne");
        if (forgetful !== undefined) await crash(forgetful);
      });
      return async () => {
        await mend();
        await away.apply({});
      };
    },
  },
  {
    name: "hangs (SIGSTOP), and goes on (SIGCONT)",
    aims: silences,
    async strike({ nodes }) {
      for (const { server } of nodes) server.pause();
      return async () => {
        for (const { server } of nodes) server.resume();
      };
    },
  },
  {
    name: "hangs for 150 to 450 ms (DEBUG SLEEP), again and again",
    aims: { "a minority": goesOn, "a quorum": stutters },
    strike: ({ nodes, random }) =>
      repeatedly(random, 250, () =>
        each(nodes, (node) => node.call("DEBUG", "SLEEP", String(0.15 + random() * 0.3))),
      ),
  },
  {
    name: "writes nothing (CLIENT PAUSE)",
    aims: silences,
    async strike({ nodes }) {
      await each(nodes, (node) => node.call("CLIENT", "PAUSE", "60000", "WRITE"));
      return async () => void (await each(nodes, (node) => node.call("CLIENT", "UNPAUSE")));
    },
  },
];
