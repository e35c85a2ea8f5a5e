import { createLockManager, memoryNode } from "@redlock-kit/core";
import { faultyNode, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { lockManager, redisClient, redisServer, redisServers, urlsOf } from "../support/this-test.js";

const OLD_SERVERS = { restartQuarantineMs: 0 };

describe("D10: one silent node does not hang acquire", () => {
  test("when it is one of three, and falls silent in the middle", async () => {
    const servers = await redisServers(3);
    const locks = lockManager({ nodes: urlsOf(servers), ...OLD_SERVERS });
    await (await locks.acquire("warm up")).release();
    servers[0]?.pause();
    const lease = await locks.acquire("seat");
    expect(lease.valid).toBe(true);
    expect(await lease.release()).toBe(true);
  });

  test("when it is one of three, and has been silent from the start", async () => {
    const servers = await redisServers(3);
    servers[0]?.pause();
    const locks = lockManager({ nodes: servers.map(redisClient), ...OLD_SERVERS });
    expect(await locks.withLock("seat", () => "booked")).toBe("booked");
  });

  test("when it is the only one: that is an error which names it", async () => {
    const server = await redisServer();
    const locks = lockManager({ nodes: [redisClient(server)], nodeTimeoutMs: 200 });
    await (await locks.acquire("warm up")).release();
    server.pause();
    await expect(locks.acquire("seat", { waitMs: 300 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      votes: [
        {
          node: `127.0.0.1:${server.port}`,
          outcome: "unknown",
          reason: expect.stringMatching(/silent|no answer/),
        },
      ],
    });
  });
});

describe("D11: a silent node of three", () => {
  test("costs all of fifty locks together less than its deadline once", async () => {
    const servers = await redisServers(3);
    const nodeTimeoutMs = 2_000;
    const locks = lockManager({ nodes: urlsOf(servers), ttlMs: 60_000, nodeTimeoutMs, ...OLD_SERVERS });
    await (await locks.acquire("warm up")).release();
    servers[0]?.pause();
    const since = performance.now();
    for (let i = 0; i < 50; i++) await locks.withLock("seat", () => {});
    expect(performance.now() - since).toBeLessThan(nodeTimeoutMs);
  });

  test("does not keep locks from being granted whose ttl is far below its deadline", async () => {
    const servers = await redisServers(3);
    const locks = lockManager({ nodes: urlsOf(servers), nodeTimeoutMs: 1_000, ttlMs: 300, ...OLD_SERVERS });
    servers[0]?.pause();
    const lease = await locks.acquire("seat");
    expect(lease.remainingMs()).toBeGreaterThan(0);
  });
});

describe("D14: a key that a node sets after the client has given up on it", () => {
  test("is removed when the node goes on, long before its ttl is over", async () => {
    const servers = await redisServers(3);
    const locks = lockManager({ nodes: urlsOf(servers), ttlMs: 600_000, nodeTimeoutMs: 100, ...OLD_SERVERS });
    await (await locks.acquire("warm up")).release();
    for (const server of servers) server.pause();
    await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
    });

    for (const server of servers) server.resume();
    for (const client of servers.map(redisClient)) {
      await expect.poll(() => client.exists("lock:seat"), { timeout: 10_000 }).toBe(0);
    }
  });

  test("is removed also when the node carries out the removal before the request", async () => {
    const clock = manualClock();
    const nodes = [1, 2, 3].map(() => faultyNode(memoryNode({ clock }), clock));
    const locks = createLockManager({ nodes, clock, ttlMs: 600_000 });
    await (await locks.acquire("warm up")).release();
    for (const { faults } of nodes) faults.hold("requests");
    const refused = locks.acquire("seat", { waitMs: 0 }).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await refused).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });

    for (const { faults } of nodes) faults.resume("last first");
    await clock.advance(5_000);
    expect(await createLockManager({ nodes, clock }).tryAcquire("seat")).not.toBeNull();
  });

  test("does not block the client's own next try", async () => {
    const server = await redisServer();
    const locks = lockManager({ nodes: [server.url], ttlMs: 600_000, nodeTimeoutMs: 100 });
    await (await locks.acquire("warm up")).release();
    server.pause();
    const waiting = locks.acquire("seat", { waitMs: 15_000 });
    await expect.poll(() => locks.stats().unavailable, { timeout: 10_000 }).toBeGreaterThan(1);
    server.resume();
    expect((await waiting).valid).toBe(true);
  });
});

test("D23: held is null, and all nodes down is an error", async () => {
  const servers = await redisServers(3);
  const locks = createLockManager({ nodes: urlsOf(servers), ...OLD_SERVERS });
  onTestFinished(() => locks.close());
  await locks.acquire("held");
  expect(await locks.tryAcquire("held")).toBeNull();
  for (const server of servers) await server.kill();
  const unavailable = { code: "ERR_LOCK_UNAVAILABLE", votes: { length: 3 } };
  await expect(locks.tryAcquire("held")).rejects.toMatchObject(unavailable);
  await expect(locks.tryAcquire("free")).rejects.toMatchObject(unavailable);
});
