import { createLockManager, fixedDelay, limitAttempts, type LockNode, memoryNode } from "@redlock-kit/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { cluster, stateOf } from "../core/cluster.js";
import { lockManager, redisServer } from "../support/this-test.js";

function counted(): { readonly node: LockNode; readonly grants: () => number } {
  const node = memoryNode();
  let grants = 0;
  const grant = node.grant.bind(node);
  node.grant = (request) => {
    grants++;
    return grant(request);
  };
  return { node, grants: () => grants };
}

describe("many who want the same", () => {
  test("among other keys do not all ask whenever it is released", async () => {
    const { node, grants } = counted();
    const locks = createLockManager({ nodes: [node], waitMs: 60_000 });
    onTestFinished(() => locks.close());
    const want = async (i: number): Promise<void> => {
      await (await locks.acquire(["hot", `transaction:${i}`])).release();
    };
    await Promise.all(Array.from({ length: 300 }, (_, i) => want(i)));
    expect(locks.stats()).toMatchObject({ acquired: 300, released: 300, waiting: 0 });
    // Each asks when it comes and when it is its turn, and once more while notices are not heard yet.
    expect(grants()).toBeLessThan(4 * 300);
  });

  test("all in one tick are all granted by a server that is merely busy", async () => {
    const locks = lockManager({ nodes: [(await redisServer()).url], ttlMs: 60_000, autoExtend: false });
    await (await locks.acquire("warm up")).release();
    const leases = await Promise.all(Array.from({ length: 10_000 }, (_, i) => locks.acquire(`seat:${i}`)));
    expect(leases.filter(({ valid }) => valid).length).toBe(10_000);
  });

  test("under one signal listen to it once", async () => {
    const { clock, locks, another } = await cluster(1, { waitMs: Infinity });
    await another().acquire("k");
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on("warning", hear);
    onTestFinished(() => void process.off("warning", hear));
    const leaving = new AbortController();
    const waiting = Array.from({ length: 50 }, () => locks.acquire("k", { signal: leaving.signal }));
    await clock.advance(100);
    leaving.abort();
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.filter(({ status }) => status === "rejected").length).toBe(50);
    expect(locks.stats().waiting).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});

test("a process that was not running does not take its own silence for the node's", async () => {
  const locks = lockManager({ nodes: [(await redisServer()).url], nodeTimeoutMs: 200 });
  await (await locks.acquire("warm up")).release();
  const asked = locks.acquire("seat", { waitMs: 0 });
  await new Promise((resolve) => process.nextTick(resolve));
  const until = performance.now() + 600;
  while (performance.now() < until);
  expect((await asked).valid).toBe(true);
  expect(await locks.tryAcquire("another")).toMatchObject({ valid: true });
});

test("a hand-over that can't be made wakes another process", async () => {
  let broken = false;
  const generateToken = (): string => {
    if (broken) throw new Error("no token today");
    return `token-${Math.random()}`;
  };
  const { clock, locks, another } = await cluster(3, { waitMs: 60_000 });
  const unlucky = another({ generateToken });
  const lease = await unlucky.acquire("k");
  const heir = unlucky.acquire("k").catch((error: unknown) => error);
  await clock.advance(100);
  const stranger = locks.acquire("k");
  await clock.advance(1_500);
  broken = true;
  await lease.release();
  await clock.advance(20);
  expect(await heir).toMatchObject({ message: "no token today" });
  expect((await stranger).valid).toBe(true);
});

test("a strategy that asks once in a blue moon still keeps its place in the queue", async () => {
  const { clock, locks, another } = await cluster(1, { waitMs: 120_000, retry: fixedDelay(50_000, 0) });
  const lease = await another().acquire("k", { ttlMs: 300_000 });
  const waiting = locks.acquire("k");
  await clock.advance(45_000);
  await lease.release();
  await clock.advance(5);
  expect((await waiting).valid).toBe(true);
});

test("attempts that a release or a call invites do not count against a strategy that gives up", async () => {
  const { clock, locks, another } = await cluster(1, { waitMs: 120_000 });
  const [holder, barger] = [another(), another()];
  let lease = await holder.acquire("k");
  const limited = locks.acquire("k", { retry: limitAttempts(fixedDelay(1_000, 0), 3) });
  await clock.advance(100);
  for (let i = 0; i < 10; i++) {
    // Who does not wait may take what is kept for a waiter.
    const releasing = lease.release();
    const next = barger.tryAcquire("k");
    await releasing;
    lease = (await next) ?? expect.fail("nobody holds it");
    await clock.advance(20);
  }
  expect(await stateOf(limited)).toBe("pending");
  await clock.advance(2_000);
  expect(await stateOf(limited)).toBe("ERR_LOCK_HELD");
});

test("asking more often than a strategy wants, for the sake of its place, does not count against it", async () => {
  const { clock, locks, another } = await cluster(1, { waitMs: 600_000 });
  await another().acquire("k", { ttlMs: 600_000 });
  const limited = locks.acquire("k", { retry: limitAttempts(fixedDelay(50_000, 0), 3) });
  await clock.advance(99_000);
  expect(await stateOf(limited)).toBe("pending");
  await clock.advance(2_000);
  expect(await stateOf(limited)).toBe("ERR_LOCK_HELD");
});
