import { describe, expect, test } from "vitest";
import { handovers, type Turns } from "../../bench/src/statistics/turns.js";

const US = 1_000;
const MS = 1_000_000;

/** Turns as [enter, leave, waiter], in nanoseconds. */
function log(waiters: number, ...turns: [number, number, number][]): Turns {
  return {
    enters: Float64Array.from(turns.map(([enter]) => enter)),
    leaves: Float64Array.from(turns.map(([, leave]) => leave)),
    who: Uint32Array.from(turns.map(([, , who]) => who)),
    waiters,
  };
}

describe("a gap", () => {
  test("lasts from one holder's release to the next holder's acquire, across processes", () => {
    const a = log(1, [10 * US, 20 * US, 0], [50 * US, 60 * US, 0]);
    const b = log(1, [23 * US, 40 * US, 0]);
    expect(handovers([a, b], 0, MS).gapsUs).toEqual([3, 10]);
  });

  test("is none where the same waiter takes the lock again", () => {
    const a = log(2, [10 * US, 20 * US, 0], [21 * US, 30 * US, 0], [35 * US, 40 * US, 1]);
    const { gapsUs, retaken } = handovers([a], 0, MS);
    expect(gapsUs).toEqual([5]);
    expect(retaken).toBe(1);
  });

  test("is none where waiters of two processes have the same number", () => {
    const { retaken } = handovers([log(1, [0, US, 0]), log(1, [2 * US, 3 * US, 0])], 0, MS);
    expect(retaken).toBe(0);
  });
});

describe("two at once", () => {
  test("are seen", () => {
    const a = log(1, [10 * US, 20 * US, 0]);
    const b = log(1, [19 * US, 25 * US, 0]);
    expect(handovers([a, b], 0, MS).overlaps).toBe(1);
  });

  test("are seen too where a long turn covers several", () => {
    const a = log(1, [10 * US, 90 * US, 0]);
    const b = log(1, [20 * US, 30 * US, 0], [40 * US, 50 * US, 0]);
    expect(handovers([a, b], 0, MS).overlaps).toBe(2);
  });

  test("are seen too after the end of the round", () => {
    const a = log(2, [2 * MS, 4 * MS, 0], [3 * MS, 5 * MS, 1]);
    expect(handovers([a], 0, MS).overlaps).toBe(1);
  });

  test("are none where one comes when the other has left", () => {
    expect(handovers([log(2, [0, US, 0], [US, 2 * US, 1])], 0, MS).overlaps).toBe(0);
  });
});

describe("the longest gap", () => {
  test("may be the one before the first holder", () => {
    expect(handovers([log(1, [4 * MS, 5 * MS, 0])], 0, 6 * MS).longestGapMs).toBe(4);
  });

  test("may be the one in which time runs out", () => {
    expect(handovers([log(1, [0, MS, 0])], 0, 6 * MS).longestGapMs).toBe(5);
  });

  test("counts in full when it goes on after the end", () => {
    expect(handovers([log(1, [0, MS, 0], [9 * MS, 10 * MS, 0])], 0, 6 * MS).longestGapMs).toBe(8);
  });

  test("is the whole round when nobody got the lock", () => {
    expect(handovers([log(3)], 0, 6 * MS).longestGapMs).toBe(6);
  });
});

test("shares are what each waiter of each process got in time", () => {
  const a = log(2, [0, US, 1], [10 * MS, 11 * MS, 1]);
  const b = log(1, [2 * US, 3 * US, 0]);
  expect(handovers([a, b], 0, MS).shares).toEqual([0, 1, 1]);
});
