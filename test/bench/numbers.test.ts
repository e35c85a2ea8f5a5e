import fc from "fast-check";
import { expect, test } from "vitest";
import { jain, median, percentile } from "../../bench/src/statistics/numbers.js";

test("a percentile is the value below which that share of the values lie, whatever their order", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 99 - i);
  expect(percentile(hundred, 0)).toBe(0);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(99);
});

test("percentiles sort by value, not by how numbers are written", () => {
  expect(median([10, 9, 100])).toBe(10);
});

test("of no values there is no percentile", () => {
  expect(percentile([], 0.5)).toBeUndefined();
});

test("Jain's index is 1 when all got the same", () => {
  expect(jain([7, 7, 7])).toBeCloseTo(1, 12);
});

test("Jain's index is 1/n when one got all", () => {
  expect(jain([12, 0, 0, 0])).toBeCloseTo(1 / 4, 12);
});

test("Jain's index of nothing at all is unknown", () => {
  expect(jain([0, 0])).toBeUndefined();
});

test("Jain's index lies between 1/n and 1", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { minLength: 1 }), (shares) => {
      const index = jain(shares);
      if (index === undefined) return shares.every((share) => share === 0);
      return index >= 1 / shares.length - 1e-9 && index <= 1 + 1e-9;
    }),
  );
});
