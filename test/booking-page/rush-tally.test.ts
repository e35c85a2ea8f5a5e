import { describe, expect, test } from "vitest";
import { duration } from "../../examples/booking/page/src/logic/duration.js";
import { percentile } from "../../examples/booking/page/src/logic/percentile.js";
import type { BuyerAnswer } from "../../examples/booking/page/src/logic/rush-answer.js";
import { RushTally } from "../../examples/booking/page/src/logic/rush-tally.js";
import { waitHistogram } from "../../examples/booking/page/src/logic/wait-histogram.js";

function tallyOf(...answers: Partial<BuyerAnswer>[]): RushTally {
  const tally = new RushTally();
  for (const [index, answer] of answers.entries()) {
    tally.add({
      buyer: index + 1,
      seatId: "A1",
      outcome: "sold",
      status: 201,
      waitMs: 100,
      lockWaitMs: null,
      retryAfterS: null,
      doubleSold: false,
      servedBy: "1",
      ...answer,
    });
  }
  return tally;
}

describe("the tally of a rush", () => {
  test("counts sales, refusals, and sales of what was sold already", () => {
    const tally = tallyOf(
      {},
      { doubleSold: true },
      { outcome: "taken" },
      { outcome: "busy" },
      { outcome: "failed" },
      { outcome: "unavailable" },
    );
    expect(tally).toMatchObject({ answers: 6, sold: 2, doubleSold: 1, refused: 4 });
    expect(tally.counts).toEqual({ sold: 1, double: 1, taken: 1, busy: 1, failed: 1, unavailable: 1 });
  });

  test("names the seats that several people paid for, and how many did", () => {
    const tally = tallyOf({}, { doubleSold: true }, { seatId: "A2" }, { seatId: "A3", outcome: "taken" });
    expect([...tally.seatsSoldTwice()]).toEqual([["A1", 2]]);
  });

  test("knows the soonest time that anybody was told to try again", () => {
    expect(tallyOf({}).shortestRetryS).toBeUndefined();
    expect(tallyOf({ retryAfterS: 3 }, { retryAfterS: 2 }, {}).shortestRetryS).toBe(2);
  });

  test("counts what each process answered, and nothing where none did", () => {
    const tally = tallyOf({ servedBy: "1" }, { servedBy: "2" }, { servedBy: "1" }, { servedBy: null });
    expect([...tally.servers]).toEqual([
      ["1", 2],
      ["2", 1],
    ]);
  });

  test("knows how long a share of the buyers waited", () => {
    expect(tallyOf({ waitMs: 30 }, { waitMs: 10 }, { waitMs: 20 }).wait(0.5)).toBe(20);
    expect(tallyOf().wait(0.5)).toBeUndefined();
  });
});

test("a percentile is one of the values, in whatever order they stand", () => {
  expect([0, 0.5, 0.75, 0.99, 1].map((share) => percentile([4, 1, 3, 2], share))).toEqual([1, 2, 3, 4, 4]);
  expect(percentile([], 0.5)).toBeUndefined();
});

describe("the histogram of waiting times", () => {
  test("counts each kind by bins of a round width", () => {
    const tally = tallyOf({ waitMs: 0 }, { waitMs: 9.9 }, { waitMs: 10, outcome: "taken" });
    const { binMs, counts } = waitHistogram(tally.points);
    expect(binMs).toBe(10);
    expect(counts).toMatchObject({ sold: [2, 0], taken: [0, 1], busy: [0, 0] });
  });

  test.each([
    [319, 10],
    [320, 20],
    [5_000, 200],
    [100_000, 3226],
  ])("for waits up to %d ms has bins of %d ms, never more than 32, and loses nobody", (waitMs, width) => {
    const { binMs, counts } = waitHistogram(tallyOf({ waitMs }, { waitMs: 1 }).points);
    expect(binMs).toBe(width);
    expect(counts.sold.length).toBeLessThanOrEqual(32);
    expect(counts.sold.reduce((sum, count) => sum + count)).toBe(2);
  });

  test("of nobody has one empty bin", () => {
    expect(waitHistogram([]).counts.sold).toEqual([0]);
  });
});

test("durations are told as people read them", () => {
  expect([0, 339.6, 999.4, 999.6, 1250].map(duration)).toEqual([
    "0 ms",
    "340 ms",
    "999 ms",
    "1.0 s",
    "1.3 s",
  ]);
});
