import { describe, expect, test } from "vitest";
import { lease } from "./handmade.js";
import { exclusion, holdersAreTold, tokensIncrease } from "./lease-rules.js";

describe("exclusion", () => {
  test("holds when each is granted what the one before was last seen to have", () => {
    expect(exclusion([lease(10, 20, 1), lease(20, 30, 2), lease(35, 40, 3)])).toEqual([]);
  });

  test("is broken by a grant while another is still seen to be valid", () => {
    expect(exclusion([lease(10, 20, 1), lease(19.5, 30, 2)])).toEqual([
      expect.stringMatching(/^two at once on k: w #\d+ \(fencing token 1\) was valid for 0\.5 ms more/),
    ]);
  });

  test("is broken by a lease that outlasts several others, once for each", () => {
    expect(exclusion([lease(10, 100, 1), lease(20, 30, 2), lease(40, 50, 3)])).toHaveLength(2);
  });

  test("is a matter of one key, whatever the others are", () => {
    const both = lease(10, 20, 1, { keys: ["a", "b"] });
    expect(exclusion([both, lease(15, 18, 2, { keys: ["c"] })])).toEqual([]);
    expect(exclusion([both, lease(15, 18, 2, { keys: ["b"] })])).toHaveLength(1);
  });

  test("is not broken by a grant that was never seen to be valid", () => {
    const { validAt: _, ...late } = lease(15, 0, 2);
    expect(exclusion([lease(10, 20, 1), late])).toEqual([]);
  });

  test("is broken within one process, too, and whichever comes first in the history", () => {
    const [first, second] = [lease(10, 20, 1), lease(12, 14, 2)];
    expect(exclusion([second, first])).toHaveLength(1);
  });
});

describe("fencing tokens", () => {
  test("may come in any order from acquires that overlapped", () => {
    expect(tokensIncrease([lease(10, 20, 2, { askedAt: 0 }), lease(25, 30, 1, { askedAt: 9 })])).toEqual([]);
  });

  test("must grow from a grant to what is asked for after it", () => {
    expect(tokensIncrease([lease(10, 20, 5), lease(30, 40, 4)])).toEqual([
      expect.stringMatching(/^fencing tokens of k went back/),
    ]);
  });

  test("must grow also beyond a lease that came before the one before", () => {
    expect(tokensIncrease([lease(10, 20, 5), lease(30, 40, 6), lease(50, 60, 5.5)])).toHaveLength(1);
  });

  test("are never the same twice", () => {
    expect(tokensIncrease([lease(10, 20, 5, { askedAt: 0 }), lease(21, 30, 5, { askedAt: 0 })])).toEqual([
      expect.stringMatching(/^fencing token 5 of k twice/),
    ]);
  });

  test("of different keys say nothing about each other", () => {
    expect(tokensIncrease([lease(10, 20, 5, { keys: ["a"] }), lease(30, 40, 4, { keys: ["b"] })])).toEqual(
      [],
    );
  });
});

test("a holder that finds its lease over must find its signal aborted", () => {
  expect(holdersAreTold([lease(10, 20, 1, { over: { at: 21, aborted: true } })])).toEqual([]);
  expect(holdersAreTold([lease(10, 20, 1, { over: { at: 21, aborted: false } })])).toHaveLength(1);
});
