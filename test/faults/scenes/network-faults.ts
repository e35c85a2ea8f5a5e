import { setTimeout as sleep } from "node:timers/promises";
import { type Faults, forward, stall } from "../../support/tcp-proxy.js";
import { cutsOff, goesOn, stutters } from "./expectations.js";
import type { Fault, Mend, Target } from "./fault.js";
import { repeatedly } from "./repeatedly.js";

/** For as long as it lasts; no connection goes on that has lost a byte, as no connection of the real network does. */
function lossy(faults: Partial<Faults>): (target: Target) => Promise<Mend> {
  return async ({ network }) => {
    await network.apply(faults);
    return async () => {
      await network.apply(forward);
      await network.cut();
    };
  };
}

/** For as long as it lasts; then everything arrives. */
function late(faults: Partial<Faults>): (target: Target) => Promise<Mend> {
  return async ({ network }) => {
    await network.apply(faults);
    return () => network.apply(forward);
  };
}

export const networkFaults: readonly Fault[] = [
  {
    name: "answers late, but in time: 60 ms a round trip",
    aims: { "a minority": goesOn, "a quorum": goesOn, "one worker's network": goesOn },
    strike: late({ requestDelayMs: 30, replyDelayMs: 30 }),
  },
  {
    name: "answers too late: 600 ms a round trip",
    aims: cutsOff,
    strike: late({ requestDelayMs: 300, replyDelayMs: 300 }),
  },
  {
    name: "gets no requests, until its connections break",
    aims: cutsOff,
    strike: lossy({ dropRequests: true }),
  },
  {
    name: "gets no replies through, until its connections break",
    aims: cutsOff,
    strike: lossy({ dropReplies: true }),
  },
  {
    name: "is behind a black hole: nothing passes, and all arrives later",
    always: true,
    aims: cutsOff,
    strike: late(stall),
  },
  {
    name: "gets no replies through, and all arrive later",
    aims: cutsOff,
    strike: late({ stallReplies: true }),
  },
  {
    name: "has half-open connections: nobody tells the clients",
    aims: { "a minority": goesOn, "a quorum": stutters, "one worker's network": goesOn },
    async strike({ network }) {
      await network.abandon();
      return () => network.cut();
    },
  },
  {
    name: "loses its connections (RST), again and again",
    aims: { "a minority": goesOn, "a quorum": stutters, "one worker's network": goesOn },
    strike: ({ network, random }) => repeatedly(random, 80, () => network.cut()),
  },
  {
    name: "refuses connections",
    aims: cutsOff,
    async strike({ network }) {
      await network.refuse();
      return () => network.accept();
    },
  },
  {
    name: "is behind a black hole for 50 to 150 ms, again and again",
    aims: { "a minority": goesOn, "a quorum": stutters, "one worker's network": goesOn },
    strike: ({ network, random }) =>
      repeatedly(random, 100, async () => {
        await network.apply(stall);
        await sleep(50 + random() * 100);
        await network.apply(forward);
      }),
  },
];
