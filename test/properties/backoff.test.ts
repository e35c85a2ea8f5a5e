import { exponentialBackoff, fixedDelay, limitAttempts } from "@redlock-kit/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

const attempt = fc.integer({ min: 1, max: 10_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const delay = fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 1e6, noNaN: true }));

describe("exponential backoff", () => {
  const settings = fc
    .record({ minMs: delay, more: delay, factor: fc.double({ min: 1, max: 10, noNaN: true }) })
    .map(({ minMs, more, factor }) => ({ minMs, maxMs: minMs + more, factor }));

  test("waits between half of a bound and the bound, which grows by the factor up to maxMs", () => {
    fc.assert(
      fc.property(settings, attempt, random, (options, attempts, chance) => {
        const grown = options.minMs === 0 ? 0 : options.minMs * options.factor ** (attempts - 1);
        const bound = Math.min(options.maxMs, grown);
        const delayMs = exponentialBackoff(options)(attempts, chance) ?? Number.NaN;
        expect(delayMs).toBeGreaterThanOrEqual(bound / 2);
        expect(delayMs).toBeLessThanOrEqual(bound);
      }),
    );
  });

  test("never waits less after more failures, chance being the same", () => {
    fc.assert(
      fc.property(settings, attempt, random, (options, attempts, chance) => {
        const strategy = exponentialBackoff(options);
        expect(strategy(attempts + 1, chance)).toBeGreaterThanOrEqual(
          strategy(attempts, chance) ?? Number.NaN,
        );
      }),
    );
  });

  test("by default waits 5 to 10 ms at first and 125 to 250 ms in the end", () => {
    const strategy = exponentialBackoff();
    expect([strategy(1, 0), strategy(1, 0.999_999)].map((ms) => Math.round(ms ?? -1))).toEqual([5, 10]);
    expect([strategy(99, 0), strategy(99, 0.999_999)].map((ms) => Math.round(ms ?? -1))).toEqual([125, 250]);
  });
});

describe("a fixed delay", () => {
  test("stays within its jitter, and is never negative", () => {
    fc.assert(
      fc.property(delay, delay, attempt, random, (delayMs, jitterMs, attempts, chance) => {
        const got = fixedDelay(delayMs, jitterMs)(attempts, chance) ?? Number.NaN;
        expect(got).toBeGreaterThanOrEqual(Math.max(0, delayMs - jitterMs));
        expect(got).toBeLessThanOrEqual(delayMs + jitterMs);
      }),
    );
  });

  test("differs between waiters unless jitter is turned off", () => {
    expect(fixedDelay(100)(1, 0)).not.toBe(fixedDelay(100)(1, 0.9));
    expect(fixedDelay(100, 0)(1, 0)).toBe(fixedDelay(100, 0)(1, 0.9));
  });
});

describe("a limit of attempts", () => {
  test("gives up after so many and leaves the delays before as they were", () => {
    fc.assert(
      fc.property(attempt, attempt, random, (limit, attempts, chance) => {
        const inner = exponentialBackoff();
        const expected = attempts >= limit ? null : inner(attempts, chance);
        expect(limitAttempts(inner, limit)(attempts, chance)).toBe(expected);
      }),
    );
  });

  test("keeps an inner strategy's own giving up", () => {
    expect(limitAttempts(() => null, 5)(1, 0)).toBeNull();
  });
});

describe("settings that can't be meant", () => {
  test.each<[string, () => unknown]>([
    ["a negative delay", () => fixedDelay(-1)],
    ["a delay that is no number", () => fixedDelay(Number.NaN)],
    ["an endless delay", () => fixedDelay(Number.POSITIVE_INFINITY)],
    ["a negative jitter", () => fixedDelay(1, -1)],
    ["maxMs below minMs", () => exponentialBackoff({ minMs: 10, maxMs: 9 })],
    ["a shrinking backoff", () => exponentialBackoff({ factor: 0.5 })],
    ["no attempts", () => limitAttempts(fixedDelay(1), 0)],
    ["half an attempt", () => limitAttempts(fixedDelay(1), 1.5)],
    ["a number for a strategy", () => limitAttempts(5 as never, 1)],
  ])("%s: ERR_LOCK_INVALID_ARGUMENT", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "ERR_LOCK_INVALID_ARGUMENT" }));
  });
});
