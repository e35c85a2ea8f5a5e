import {
  createLockManager,
  type ExtendRequest,
  type LockManagerOptions,
  memoryNode,
} from "@redlock-kit/core";
import { type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test, vi } from "vitest";
import { cluster, manager } from "./cluster.js";

const TTL_MS = 10_000;
/** What is left of a lease of TTL_MS after the drift. */
const VALIDITY_MS = 9_898;

/** Chance that is the same in every run. */
function chance(): () => number {
  let state = 1;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A manager over one node, and what it asks the node to extend. */
function setUp(clock: ManualClock = manualClock(), options: Partial<LockManagerOptions> = {}) {
  const node = memoryNode({ clock });
  const extend = node.extend.bind(node);
  /** The keys, and when they were asked for. */
  const asked: { key: string; at: number }[] = [];
  const failing = new Set<string>();
  vi.spyOn(node, "extend").mockImplementation((request: ExtendRequest) => {
    const key = request.keys[0]?.key ?? "";
    asked.push({ key, at: clock.monotonic() });
    return failing.has(key) ? Promise.reject(new Error("LOADING")) : extend(request);
  });
  const locks = manager({ nodes: [node], clock, ttlMs: TTL_MS, ...options }, clock);
  /** Acquires `n` locks, one every `everyMs`. */
  const acquire = async (n: number, everyMs = 0) => {
    const leases = [];
    for (let i = 0; i < n; i++) {
      leases.push(await locks.acquire(`seat:${i}`));
      if (everyMs > 0) await clock.advance(everyMs);
    }
    return leases;
  };
  return { clock, node, locks, asked, failing, acquire };
}

describe("leases that are due soon after one another", () => {
  test("are extended in one go", async () => {
    const { clock, asked, acquire } = setUp();
    await acquire(20, 20);
    await clock.advance(4_000);
    expect(asked.length).toBe(20);
    expect(new Set(asked.map(({ at }) => at)).size).toBe(1);
  });

  test("are never extended later for it", async () => {
    const { clock, locks } = setUp(manualClock(undefined, chance()));
    const leases = [];
    for (let i = 0; i < 300; i++) {
      leases.push(await locks.acquire(`seat:${i}`));
      await clock.advance((i * 7) % 40);
    }
    let least = Infinity;
    for (let ms = 0; ms < 15_000; ms += 5) {
      await clock.advance(5);
      for (const lease of leases) least = Math.min(least, lease.remainingMs());
    }
    // By the time that a lease has two thirds left, but for the steps of this test and a turn of the timer, it is extended.
    expect(least).toBeGreaterThan((VALIDITY_MS * 2) / 3 - 10);
  });

  test("are not extended for it when they are not due for long", async () => {
    const { clock, asked, acquire } = setUp();
    await acquire(2, 1_000);
    await clock.advance(1_500);
    expect(asked.map(({ key }) => key)).toEqual(["seat:0"]);
  });

  test("share no fate: the one that is lost is lost, the others go on", async () => {
    const { clock, locks, another } = await cluster(3, { ttlMs: TTL_MS });
    const leases = await Promise.all(Array.from({ length: 5 }, (_, i) => locks.acquire(`seat:${i}`)));
    await another().forceRelease("seat:2");
    await clock.advance(TTL_MS * 3);
    expect(leases.map(({ valid }) => valid)).toEqual([true, true, false, true, true]);
    expect(locks.stats()).toMatchObject({ held: 4, lost: 1 });
  });

  test("don't hasten another try of a lease whose extension failed", async () => {
    const { clock, locks, asked, failing } = setUp();
    const lease = await locks.acquire("failing");
    await locks.acquire("often", { ttlMs: 200 });
    failing.add("failing");
    await clock.advance(5_500);
    const tries = asked.filter(({ key }) => key === "failing").map(({ at }) => at);
    const waits = tries.slice(1).map((at, i) => at - (tries[i] ?? 0));
    expect(waits.length).toBeGreaterThan(2);
    // But for the millisecond within which timers are alike.
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(499);
    expect(lease.valid).toBe(true);
  });
});

describe("ten thousand leases", () => {
  /** A clock on which each firing of a timer is counted by what it made the manager ask. */
  function portions(clock: ManualClock, asked: readonly unknown[]): { clock: ManualClock; sizes: number[] } {
    const sizes: number[] = [];
    const counting = Object.create(clock) as ManualClock;
    counting.setTimer = (callback, delayMs) =>
      clock.setTimer(() => {
        const before = asked.length;
        callback();
        if (asked.length > before) sizes.push(asked.length - before);
      }, delayMs);
    return { clock: counting, sizes };
  }

  test("that are due at the same moment are extended in portions", async () => {
    const clock = manualClock();
    const asked: unknown[] = [];
    const { clock: counting, sizes } = portions(clock, asked);
    const node = memoryNode({ clock });
    const extend = node.extend.bind(node);
    vi.spyOn(node, "extend").mockImplementation((request: ExtendRequest) => {
      asked.push(request);
      return extend(request);
    });
    const locks = manager({ nodes: [node], clock: counting, ttlMs: TTL_MS }, clock);
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => locks.acquire(`seat:${i}`)));
    await clock.advance(TTL_MS * 0.4);
    expect(asked.length).toBe(10_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
    expect(sizes.length).toBeLessThanOrEqual(100);
  });

  test("need no timer of their own", async () => {
    const { clock, locks } = setUp();
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => locks.acquire(`seat:${i}`)));
    expect(clock.timers).toBeLessThanOrEqual(3);
    await clock.advance(TTL_MS);
    expect([clock.timers <= 3, locks.stats().held]).toEqual([true, 10_000]);
  });

  test("that were acquired all at once are not extended all at once ever after", async () => {
    const { clock, asked, locks } = setUp(manualClock(undefined, chance()));
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => locks.acquire(`seat:${i}`)));
    await clock.advance(TTL_MS * 2);
    const from = clock.monotonic();
    asked.length = 0;
    await clock.advance(VALIDITY_MS / 3);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const { at } of asked) {
      const tenth = Math.min(9, Math.floor(((at - from) / (VALIDITY_MS / 3)) * 10));
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(Math.max(...tenths)).toBeLessThan(3_000);
  });
});

test("a manager that nobody asks anything of has no timer at all", async () => {
  const clock = manualClock();
  const locks = createLockManager({ nodes: [memoryNode({ clock })], clock });
  await clock.advance(0);
  expect(clock.timers).toBe(0);
  await locks.close();
});
