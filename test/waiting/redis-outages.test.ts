import type { LockManager } from "@redlock-kit/core";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { lockManager, redisClient, redisServer, redisServers } from "../support/this-test.js";
import { elapsed, eventually, managersOn, waiting } from "./on-redis.js";
import { ONLY_NOTICES } from "./only-notices.js";

describe("a waiter gets the lock although", () => {
  async function scene(options = {}) {
    const server = await redisServer();
    const operator = redisClient(server);
    const [holder, waiter] = (await managersOn([server], 2, options)) as [LockManager, LockManager];
    const lease = await holder.acquire("k");
    const acquire = waiter.acquire("k");
    acquire.catch(() => {});
    acquire.catch(() => {});
    await waiting(operator, 1);
    return { server, operator, lease, acquire };
  }

  test("somebody deletes the key without a word", async () => {
    const { operator, acquire } = await scene();
    await operator.del("lock:k");
    expect(await elapsed(() => acquire)).toBeLessThan(8_000);
  });

  test("the scripts are flushed: the notice comes all the same", async () => {
    const { operator, lease, acquire } = await scene(ONLY_NOTICES);
    await operator.script("FLUSH");
    await lease.release();
    expect((await acquire).valid).toBe(true);
  });

  test("everything is flushed", async () => {
    const { operator, acquire } = await scene();
    await operator.flushall();
    expect(await elapsed(() => acquire)).toBeLessThan(8_000);
  });

  test("the connection that hears is killed in the moment of the release", async () => {
    const { operator, lease, acquire } = await scene();
    await operator.call("client", "kill", "type", "pubsub");
    await lease.release();
    expect(await elapsed(() => acquire)).toBeLessThan(8_000);
  });

  test("the connection that hears was killed before: it hears again", async () => {
    const { operator, lease, acquire } = await scene(ONLY_NOTICES);
    await operator.call("client", "kill", "type", "pubsub");
    await waiting(operator, 1);
    await lease.release();
    expect((await acquire).valid).toBe(true);
  });

  test("every connection is killed", async () => {
    const { operator, lease, acquire } = await scene();
    await operator.call("client", "kill", "type", "normal", "skipme", "yes");
    await operator.call("client", "kill", "type", "pubsub");
    await eventually(() => lease.release());
    expect(await elapsed(() => acquire)).toBeLessThan(8_000);
  });

  test("the server restarts empty", async () => {
    const { server, acquire } = await scene({ restartQuarantineMs: 0 });
    await server.kill();
    await server.restart();
    expect(await elapsed(() => acquire)).toBeLessThan(12_000);
  });

  test("the server hangs for a while", async () => {
    const { server, lease, acquire } = await scene();
    server.pause();
    const released = lease.release().catch(() => false);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    server.resume();
    await released;
    expect(await elapsed(() => acquire)).toBeLessThan(8_000);
  });
});

test("one of three servers dies: the other two tell of the release", async () => {
  const servers = await redisServers(3);
  const clients = servers.map(redisClient);
  const [holder, waiter] = (await managersOn(servers, 2, ONLY_NOTICES)) as [LockManager, LockManager];
  const lease = await holder.acquire("k");
  const acquire = waiter.acquire("k");
  acquire.catch(() => {});
  for (const client of clients) await waiting(client, 1);
  await servers[0]?.kill();
  await lease.release();
  expect((await acquire).valid).toBe(true);
});

test("one of three servers hangs: the other two tell of the release", async () => {
  const servers = await redisServers(3);
  const clients = servers.map(redisClient);
  const [holder, waiter] = (await managersOn(servers, 2, ONLY_NOTICES)) as [LockManager, LockManager];
  const lease = await holder.acquire("k");
  const acquire = waiter.acquire("k");
  acquire.catch(() => {});
  for (const client of clients) await waiting(client, 1);
  servers[0]?.pause();
  void lease.release().catch(() => {});
  expect((await acquire).valid).toBe(true);
  servers[0]?.resume();
});

test("a user who may use no channels gets the lock by looking", async () => {
  const server = await redisServer();
  const operator = redisClient(server);
  await operator.call("acl", "setuser", "clerk", "on", ">secret", "~*", "+@all", "resetchannels");
  const connect = (): Redis => {
    const client = new Redis(server.url, { username: "clerk", password: "secret" });
    client.on("error", () => {});
    onTestFinished(() => client.disconnect());
    return client;
  };
  const [holder, first, second] = [0, 1, 2].map(() =>
    lockManager({ nodes: [connect()], waitMs: 30_000, ttlMs: 90_000 }),
  ) as [LockManager, LockManager, LockManager];
  const lease = await holder.acquire("k");
  const turns = [first, first, second].map(async (locks) => (await locks.acquire("k")).release());
  await eventually(async () => expect(await operator.zcard("{lock:k}:queue")).toBe(2));
  expect(await lease.release()).toBe(true);
  expect(await elapsed(() => Promise.all(turns))).toBeLessThan(10_000);
  // Nobody heard, so nothing is kept for anybody.
  await eventually(async () => expect(await operator.keys("*")).not.toContain("lock:k"));
});
