import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  acceptsConfirm,
  correctedTime,
  decideFence,
  FENCE_EPOCH_MS,
  FENCE_LIMIT,
  FENCE_STEP,
  FenceClock,
  fenceFloor,
  nextFence,
  repairedFence,
} from "../../packages/core/src/quorum/fencing.js";
import { majorityOf } from "../../packages/core/src/quorum/majority.js";

const fence = fc.integer({ min: 1, max: FENCE_LIMIT - 1 });
const counter = fc.integer({ min: 0, max: FENCE_LIMIT });
const wall = fc.integer({ min: FENCE_EPOCH_MS, max: FENCE_EPOCH_MS + 60 * 365 * 24 * 3_600_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Counters that a quorum or more of `n` nodes granted, of few different values. */
const grants = fc.integer({ min: 1, max: 9 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    granted: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: majorityOf(n), maxLength: n }),
  }),
);

describe("the fencing token of an acquisition", () => {
  test("is agreed if and only if a quorum granted it", () => {
    fc.assert(
      fc.property(grants, ({ n, granted }) => {
        const decision = decideFence(n, granted);
        const votes = (value: number) => granted.filter((other) => other === value).length;
        expect(decision.agreed).toBe(granted.some((value) => votes(value) >= majorityOf(n)));
        if (decision.agreed) expect(votes(decision.fence)).toBeGreaterThanOrEqual(majorityOf(n));
      }),
    );
  });

  test("is the largest that was granted where none is agreed", () => {
    fc.assert(
      fc.property(grants, ({ n, granted }) => {
        const decision = decideFence(n, granted);
        if (!decision.agreed) expect(decision.fence).toBe(Math.max(...granted));
      }),
    );
  });

  test("does not depend on the order of the answers", () => {
    fc.assert(
      fc.property(grants, ({ n, granted }) => {
        expect(decideFence(n, [...granted].reverse())).toEqual(decideFence(n, granted));
      }),
    );
  });
});

describe("a node's counter", () => {
  test("grows with every grant, whatever is proposed, and stays a safe integer", () => {
    fc.assert(
      fc.property(counter, fence, (c, proposal) => {
        const next = nextFence(c, proposal, 0);
        expect(next).toBeGreaterThan(c);
        expect(next).toBeGreaterThanOrEqual(Math.min(proposal, next));
        expect(Number.isSafeInteger(next + 1)).toBe(true);
      }),
    );
  });

  test("takes a proposal that is above it as it is", () => {
    fc.assert(
      fc.property(counter, fence, (c, proposal) => {
        fc.pre(proposal > c);
        expect(nextFence(c, proposal, 0)).toBe(proposal);
      }),
    );
  });

  test("is no less than the time of the node, less half of the lease, where the client's clock is behind that", () => {
    fc.assert(
      fc.property(wall, fence, fc.integer({ min: 3, max: 86_400_000 }), (wallMs, proposal, lifeMs) => {
        const floor = fenceFloor(wallMs, lifeMs);
        const next = nextFence(0, proposal, floor);
        expect(next).toBe(Math.max(proposal, floor));
        expect(nextFence(next, proposal, floor)).toBe(next + 1);
      }),
    );
  });

  test("is above every other lease's where a repair brings a lease back", () => {
    fc.assert(
      fc.property(counter, counter, (c, own) => {
        const next = repairedFence(c, own);
        expect(next).toBeGreaterThanOrEqual(Math.max(own, c));
        if (own !== c) expect(next).not.toBe(c);
      }),
    );
  });

  test("is never lowered by a confirmation, nor moved by anybody but the owner", () => {
    fc.assert(
      fc.property(fc.boolean(), counter, counter, (owns, c, confirmed) => {
        expect(acceptsConfirm(owns, c, confirmed)).toBe(owns && confirmed >= c);
      }),
    );
  });
});

/** A moment of a machine whose wall clock says `wallMs`. */
function at(wallMs: number, monotonic = 0) {
  return { wall: wallMs, monotonic };
}

/** The wall clock, in milliseconds, that a proposal tells. */
function wallOf(proposal: number): number {
  return Math.floor(proposal / FENCE_STEP) + FENCE_EPOCH_MS;
}

describe("proposals of one process", () => {
  test("grow strictly, whatever the wall clock does and whatever was seen", () => {
    const events = fc.array(fc.record({ wallMs: wall, random, seen: fc.option(fence) }), { minLength: 2 });
    fc.assert(
      fc.property(events, (steps) => {
        const clock = new FenceClock();
        let last = 0;
        for (const { wallMs, random: chance, seen } of steps) {
          if (seen !== null && seen < FENCE_LIMIT - 2_000) {
            clock.observe(seen, Infinity);
            last = Math.max(last, seen);
          }
          const proposal = clock.propose(at(wallMs), chance);
          expect(proposal).toBeGreaterThan(last);
          expect(proposal).toBeLessThan(FENCE_LIMIT);
          last = proposal;
        }
      }),
    );
  });

  test("tell the wall clock since 2020, shifted by 12 bits", () => {
    fc.assert(
      fc.property(wall, random, (wallMs, chance) => {
        fc.pre(wallMs > FENCE_EPOCH_MS);
        expect(wallOf(new FenceClock().propose(at(wallMs), chance))).toBe(wallMs);
      }),
    );
  });

  test("of processes that start in one millisecond differ by chance", () => {
    const now = at(Date.UTC(2026, 0, 1));
    const proposals = [0, 0.25, 0.5, 0.75].map((chance) => new FenceClock().propose(now, chance));
    expect(new Set(proposals).size).toBe(4);
  });

  test("stay below the limit when a counter is at the limit", () => {
    const clock = new FenceClock();
    clock.observe(FENCE_LIMIT - 1, Infinity);
    expect(clock.propose(at(FENCE_EPOCH_MS), 0)).toBeLessThan(FENCE_LIMIT);
  });
});

describe("a clock that nodes find to be ahead", () => {
  const skewed = fc.integer({ min: 1, max: 9 }).chain((n) =>
    fc.integer({ min: 0, max: n }).chain((accepting) =>
      fc.record({
        n: fc.constant(n),
        accepting: fc.constant(accepting),
        times: fc.array(wall, { maxLength: n - accepting }),
      }),
    ),
  );

  test("is set back to the latest time that a quorum accepts, and not without need", () => {
    fc.assert(
      fc.property(skewed, ({ n, accepting, times }) => {
        const corrected = correctedTime(n, accepting, times);
        const acceptingAt = (time: number) => accepting + times.filter((other) => other >= time).length;
        const possible = [...times].sort((a, b) => b - a).find((time) => acceptingAt(time) >= majorityOf(n));
        expect(corrected).toBe(accepting >= majorityOf(n) ? undefined : possible);
      }),
    );
  });

  const now = Date.UTC(2026, 0, 1);
  const HOUR = 3_600_000;

  test("goes by the nodes' time, and on with it", () => {
    const clock = new FenceClock();
    clock.propose(at(now + HOUR, 0), 0);
    clock.correct(now, 0);
    expect(wallOf(clock.propose(at(now + HOUR, 0), 0))).toBe(now);
    expect(wallOf(clock.propose(at(now + HOUR + 5_000, 5_000), 0))).toBe(now + 5_000);
  });

  test("is trusted again once it has been put right", () => {
    const clock = new FenceClock();
    clock.correct(now, 0);
    expect(wallOf(clock.propose(at(now + 1_000, 1_000), 0))).toBe(now + 1_000);
    expect(wallOf(clock.propose(at(now + 500, 2_000), 0))).toBe(now + 1_000);
    expect(wallOf(clock.propose(at(now + 3_000, 3_500), 0))).toBe(now + 3_000);
  });
});
