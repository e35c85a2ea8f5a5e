import { goesOn, stutters } from "./expectations.js";
import type { Fault } from "./fault.js";

/** Longer than any lease. */
const JUMP_MS = 5_000;

/** A clock that goes back keeps what is there for longer. */
const overdue = { lingersMs: JUMP_MS, assumption: "2: keys expire late" };
const early = { ...overdue, exclusion: false, assumption: "breaks 2 for a lease on a bare quorum" };

/** Servers whose wall clock is set: they expire keys by it. */
export const clockFaults: readonly Fault[] = [
  {
    name: "has its clock set back by 5 seconds",
    aims: {
      "a minority": { ...goesOn, ...overdue },
      "a quorum": { ...stutters, ...overdue },
    },
    needs: "nodes' clocks",
    async strike({ nodes }) {
      for (const { clock } of nodes) clock?.set(-JUMP_MS);
      return () => Promise.resolve();
    },
  },
  {
    name: "has its clock set ahead by 5 seconds, and put right",
    aims: {
      "a minority": { ...goesOn, ...early },
      "a quorum": { ...stutters, ...early, assumption: "breaks 2" },
    },
    needs: "nodes' clocks",
    async strike({ nodes }) {
      for (const { clock } of nodes) clock?.set(JUMP_MS);
      return async () => {
        for (const { clock } of nodes) clock?.set(0);
      };
    },
  },
];
