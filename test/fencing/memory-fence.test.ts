import { memoryFence } from "@redlock-kit/core/fencing";
import { manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { NewestTokens } from "../../packages/core/src/fencing/newest-tokens.js";

const DAY_MS = 24 * 3_600_000;

describe("the in-memory guard", () => {
  test("remembers a token for a day after the last call for its resource, refused ones included", async () => {
    const clock = manualClock();
    const guard = memoryFence({ clock });
    await guard.admit("document:7", 34);
    await clock.advance(DAY_MS - 1);
    expect(await guard.admit("document:7", 33)).toBe(false);
    await clock.advance(DAY_MS - 1);
    expect(await guard.admit("document:7", 33)).toBe(false);
    await clock.advance(DAY_MS);
    expect(await guard.admit("document:7", 33)).toBe(true);
  });

  test("remembers for as long as it is told to", async () => {
    const clock = manualClock();
    const guard = memoryFence({ clock, ttlMs: 1_000 });
    await guard.admit("document:7", 34);
    await clock.advance(999);
    expect(await guard.admit("document:7", 33)).toBe(false);
    await clock.advance(1_000);
    expect(await guard.admit("document:7", 33)).toBe(true);
  });

  test("answers in the order of the calls, so that writes right after the answer are in that order too", async () => {
    const guard = memoryFence();
    const written: number[] = [];
    const write = async (token: number) => {
      if (await guard.admit("document:7", token)) written.push(token);
    };
    await Promise.all([3, 1, 5, 5, 4, 9, 2, 8].map(write));
    expect(written).toEqual([3, 5, 5, 9]);
  });

  test("forgets resources that nobody asks for any more, as others are asked for", () => {
    const tokens = new NewestTokens(1_000);
    for (let i = 0; i < 100; i++) tokens.advance(`old:${i}`, 1, i);
    tokens.advance("old:0", 1, 500);
    for (let i = 0; i < 60; i++) tokens.advance("new", 1, 1_200);
    expect(tokens.size).toBe(2);
    expect(tokens.advance("old:0", 2, 1_499)).toBe(2);
    expect(tokens.advance("old:0", 1, 1_500)).toBe(2);
  });

  test.each([
    ["ttlMs", { ttlMs: 0 }],
    ["ttlMs", { ttlMs: 1.5 }],
    ["ttlMs", { ttlMs: Infinity }],
    ["clock", { clock: {} }],
    ['option "ttl"', { ttl: 5 }],
    ["options", null],
  ])("refuses an option that is not usable: %s", (name, options) => {
    expect(() => memoryFence(options as object)).toThrow(
      expect.objectContaining({
        code: "ERR_LOCK_INVALID_ARGUMENT",
        message: expect.stringMatching(`^${name} `),
      }),
    );
  });
});
