import { describe, expect, test } from "vitest";
import { cluster } from "./cluster.js";

const LONG_MS = 300_000;

describe("a lease that is kept alive automatically, and extended by hand as well, lives on", () => {
  test.each<[when: string, atMs: number, ttlMs: number | undefined]>([
    ["long before the automatic extension", 500, undefined],
    ["just before the automatic extension", 3_000, undefined],
    ["right after an automatic extension", 3_500, undefined],
    ["to last longer", 1_000, 60_000],
    ["to last shorter than what is left", 1_000, 5_000],
  ])("%s", async (_when, atMs, ttlMs) => {
    const { clock, locks, holders } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    await clock.advance(atMs);
    await lease.extend(ttlMs);
    await clock.advance(LONG_MS);
    expect([lease.valid, await holders("k", lease.token)]).toEqual([true, 3]);
  });

  test("also when it is done again and again, just before each automatic extension", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    for (let times = 0; times < 20; times++) {
      await clock.advance(3_000);
      await lease.extend();
    }
    await clock.advance(LONG_MS);
    expect(lease.valid).toBe(true);
  });

  test("by its token", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    await clock.advance(3_000);
    expect(await locks.extend("k", lease.token, 10_000)).toBe(lease);
    await clock.advance(LONG_MS);
    expect(lease.valid).toBe(true);
  });

  test("by being acquired again", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 10_000, token: "t" });
    await clock.advance(3_000);
    expect(await locks.acquire("k", { ttlMs: 10_000, token: "t" })).toBe(lease);
    await clock.advance(LONG_MS);
    expect(lease.valid).toBe(true);
  });
});

test("an extension by hand saves an automatic one: the next comes a third of the new time later", async () => {
  const { clock, nodes, locks } = await cluster(3);
  const extensions = () => nodes[0]?.faults.carriedOut.filter((request) => request === "extend").length;
  const lease = await locks.acquire("k", { ttlMs: 9_000 });
  await clock.advance(2_500);
  await lease.extend();
  await clock.advance(2_000);
  expect(extensions()).toBe(1);
  await clock.advance(1_500);
  expect(extensions()).toBe(2);
});

test("an extension by hand doesn't make a lease last beyond its longest hold by itself", async () => {
  const { clock, locks } = await cluster(3);
  const lease = await locks.acquire("k", { ttlMs: 10_000, maxHoldMs: 30_000 });
  await clock.advance(28_000);
  await lease.extend();
  await clock.advance(9_000);
  expect(lease.valid).toBe(true);
  await clock.advance(2_000);
  expect(lease.valid).toBe(false);
});
