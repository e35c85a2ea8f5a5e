import { type Clock, createLockManager, LockError, memoryNode, systemClock } from "@redlock-kit/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";

const LOCKS = 500;

/** This machine's clock, which counts the timers that are set on it. */
function countingClock(): Clock & { timers: number } {
  const clock = {
    ...systemClock,
    timers: 0,
    setTimer: (callback: () => void, delayMs: number) => {
      clock.timers++;
      return systemClock.setTimer(callback, delayMs);
    },
  };
  return clock;
}

/** Counts the errors that are made from now until the test ends. */
function countErrors(): () => number {
  let made = 0;
  const Original = globalThis.Error;
  class Counted extends Original {
    constructor(message?: string, options?: ErrorOptions) {
      super(message, options);
      made++;
    }
  }
  onTestFinished(() => {
    Object.setPrototypeOf(LockError, Original);
    globalThis.Error = Original;
  });
  // A class looks its parent up each time it is constructed.
  Object.setPrototypeOf(LockError, Counted);
  globalThis.Error = Counted as ErrorConstructor;
  return () => made;
}

describe("a lock that nobody else wants", () => {
  test.each([1, 3])("costs no timer of its own (%d nodes)", async (n) => {
    const clock = countingClock();
    const locks = createLockManager({ nodes: Array.from({ length: n }, () => memoryNode()), clock });
    onTestFinished(() => locks.close());
    const start = performance.now();
    for (let i = 0; i < LOCKS; i++) await locks.withLock(`seat:${i}`, () => {});
    // One timer for all deadlines and one for all leases, each of which fires and is set again about once a second.
    const seconds = (performance.now() - start) / 1_000;
    expect(clock.timers).toBeLessThan(10 + 4 * seconds);
  });

  test("makes no Error, and neither does a try that finds it held", async () => {
    const locks = createLockManager({ nodes: [memoryNode(), memoryNode(), memoryNode()] });
    onTestFinished(() => locks.close());
    await locks.withLock("warm up", () => {});
    const made = countErrors();
    for (let i = 0; i < LOCKS; i++) await (await locks.acquire(`seat:${i}`)).release();
    const lease = await locks.acquire("held");
    const second = await locks.tryAcquire("held");
    const without = made();
    await locks.acquire("held", { waitMs: 0 }).catch(() => {});
    expect([second, without, made()]).toEqual([null, 0, 1]);
    await lease.release();
  });

  test("costs two requests: one to take it and one to give it back", async () => {
    const server = await redisServer();
    const locks = lockManager({ nodes: [server.url] });
    await (await locks.acquire("warm up")).release();
    const client = redisClient(server);
    await client.config("RESETSTAT");
    for (let i = 0; i < LOCKS; i++) await (await locks.acquire(`seat:${i}`)).release();
    const calls = (await client.info("commandstats")).match(/cmdstat_(?!info|config)[\w|]+:calls=\d+/g) ?? [];
    const sent = calls.filter((line) => !/cmdstat_(get|set|del|time|pttl|zpopmin):/.test(line));
    expect(sent).toEqual([`cmdstat_evalsha:calls=${2 * LOCKS}`]);
  });
});
