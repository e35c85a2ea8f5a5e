import {
  createLockManager,
  exponentialBackoff,
  fixedDelay,
  limitAttempts,
  memoryNode,
  type LockManager,
} from "@redlock-kit/core";
import { faultyNode, manualClock } from "@redlock-kit/core/testing";
import { Cluster, Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { startRedisCluster } from "../support/redis-server.js";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";

describe("D6: locks live in the database that the client has selected", () => {
  test.each(["a client", "a URL"])("given as %s", async (form) => {
    const server = await redisServer();
    const inFive = new Redis(`${server.url}/5`);
    onTestFinished(() => inFive.disconnect());
    const locks = lockManager({ nodes: [form === "a URL" ? `${server.url}/5` : inFive] });
    const lease = await locks.acquire("seat");
    await lease.extend();
    const lockKeys = async (client: Redis) => (await client.keys("*")).filter((key) => key.includes("seat"));
    expect(await lockKeys(inFive)).toContain("lock:seat");
    expect(await lockKeys(redisClient(server))).toEqual([]);
    expect(await lease.release()).toBe(true);
    expect(await inFive.exists("lock:seat")).toBe(0);
    // And the client is still where it was.
    expect(await inFive.client("INFO")).toContain("db=5");
  });
});

test("D13: on a Cluster whose script cache is cold, every release takes effect", async () => {
  const server = await startRedisCluster();
  onTestFinished(() => server.stop());
  const cluster = new Cluster([server.url]);
  onTestFinished(() => cluster.disconnect());
  const locks = lockManager({ nodes: [cluster] });
  const leases = await Promise.all(Array.from({ length: 20 }, (_, i) => locks.acquire(`seat:${i}`)));
  await cluster.script("FLUSH");
  expect(await Promise.all(leases.map((lease) => lease.release()))).toEqual(leases.map(() => true));
  expect(await redisClient(server).keys("lock:*")).toEqual([]);
});

test("D16: waiters do not keep step: the delays of each strategy are spread at random", () => {
  for (const delay of [exponentialBackoff(), fixedDelay(100)]) {
    expect(delay(5, 0.1)).not.toBe(delay(5, 0.9));
  }
});

test("D22: a manager for development gives exclusion like any other", async () => {
  const locks = lockManager({ nodes: [memoryNode()] });
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  };
  await Promise.all(Array.from({ length: 10 }, () => locks.withLock("seat", work)));
  expect(most).toBe(1);
});

describe("D28: zero is a value", () => {
  function held() {
    const clock = manualClock();
    const node = faultyNode(memoryNode({ clock }), clock);
    const make = (options: object) => createLockManager({ nodes: [node], clock, ...options });
    return { clock, node, make };
  }

  /** How many attempts an acquire of a held lock makes; time does not pass. */
  async function attempts(of: LockManager, options: object, node: ReturnType<typeof held>["node"]) {
    const before = node.faults.carriedOut.filter((request) => request === "grant").length;
    await expect(of.acquire("seat", options)).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
    return node.faults.carriedOut.filter((request) => request === "grant").length - before;
  }

  test("waitMs 0 is one attempt, whichever way it is given", async () => {
    const { node, make } = held();
    await make({}).acquire("seat");
    expect(await attempts(make({}), { waitMs: 0 }, node)).toBe(1);
    expect(await attempts(make({ waitMs: 0 }), {}, node)).toBe(1);
  });

  test("a strategy for one attempt makes one", async () => {
    const { node, make } = held();
    await make({}).acquire("seat");
    expect(await attempts(make({ retry: limitAttempts(fixedDelay(0), 1) }), {}, node)).toBe(1);
  });

  test("driftFactor 0 takes nothing off but the 2 ms of the server's clock", async () => {
    const { make } = held();
    const lease = await make({ driftFactor: 0, ttlMs: 1_000 }).acquire("seat");
    expect(lease.remainingMs()).toBe(998);
  });

  test("maxWaiters 0 lets nobody wait", async () => {
    const { make } = held();
    const locks = make({ maxWaiters: 0 });
    await locks.acquire("seat");
    await expect(locks.acquire("seat")).rejects.toMatchObject({ code: "ERR_LOCK_OVERLOADED" });
  });

  test("minHoldMs 0 and maxHoldMs of a call win over the manager's", async () => {
    const { make, clock } = held();
    const locks = make({ minHoldMs: 5_000, maxHoldMs: 60_000, ttlMs: 1_000 });
    await (await locks.acquire("seat", { minHoldMs: 0 })).release();
    const lease = await locks.acquire("seat", { maxHoldMs: 0 });
    await clock.advance(1_000);
    expect(lease.valid).toBe(false);
  });
});
