import { manualClock } from "@redlock-kit/core/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  driftOf,
  instant,
  laterOf,
  remainingUntil,
  validUntil,
} from "../../packages/core/src/quorum/validity.js";

const ttl = fc.integer({ min: 3, max: 365 * 24 * 3_600_000 });
const driftFactor = fc.double({ min: 0, max: 0.5, noNaN: true });
const elapsed = fc.nat({ max: 100_000_000 });
const jump = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

describe("the validity of a lease", () => {
  test("is its ttl less what has passed and the drift, and never below 0", () => {
    fc.assert(
      fc.property(ttl, driftFactor, elapsed, (ttlMs, factor, ms) => {
        const clock = manualClock();
        const end = validUntil(instant(clock), ttlMs, factor);
        clock.freeze(ms);
        const left = Math.max(0, ttlMs - ms - (ttlMs * factor + 2));
        expect(remainingUntil(end, clock)).toBeCloseTo(left, 2);
      }),
    );
  });

  test("is never longer because the wall clock jumped, and shorter by every jump ahead", () => {
    fc.assert(
      fc.property(ttl, driftFactor, elapsed, jump, (ttlMs, factor, ms, jumpMs) => {
        const [steady, jumping] = [manualClock(), manualClock()];
        const ends = [steady, jumping].map((clock) => validUntil(instant(clock), ttlMs, factor));
        steady.freeze(ms);
        jumping.freeze(ms);
        jumping.jumpWall(jumpMs);
        const [left, leftAfterJump] = ends.map((end, i) => remainingUntil(end, i === 0 ? steady : jumping));
        const expected = Math.max(0, (left ?? 0) - Math.max(0, jumpMs));
        expect(leftAfterJump).toBeCloseTo(expected, 2);
      }),
    );
  });

  test("ends before a node whose clock is too fast by the drift factor lets go of the lease", () => {
    fc.assert(
      fc.property(ttl, driftFactor, (ttlMs, factor) => {
        const nodeKeepsFor = ttlMs / (1 + factor);
        expect(ttlMs - driftOf(ttlMs, factor)).toBeLessThan(nodeKeepsFor);
      }),
    );
  });
});

describe("the later of two ends", () => {
  test("is one of them, and the one with more monotonic time", () => {
    const moments = fc.record({ monotonic: elapsed, wall: elapsed });
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        const later = laterOf(a, b);
        expect([a, b]).toContain(later);
        expect(later.monotonic).toBe(Math.max(a.monotonic, b.monotonic));
      }),
    );
  });
});
