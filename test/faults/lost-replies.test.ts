import type { LockManager } from "@redlock-kit/core";
import { expect, test } from "vitest";
import {
  lockManager,
  redisClient,
  redisServer,
  redisServers,
  tcpProxy,
  urlsOf,
} from "../support/this-test.js";

/** Far longer than any test: nothing here comes about because a key has expired. */
const TTL_MS = 600_000;

async function oneNode() {
  const server = await redisServer();
  const proxy = await tcpProxy(server);
  return { proxy, client: redisClient(server) };
}

/** A node that has not said yet who it is when the others have decided is not asked any more. */
async function everyNodeVotes(locks: LockManager) {
  const voting = () => locks.stats().nodes.every((node) => node.voting);
  await expect.poll(voting, { timeout: 10_000 }).toBe(true);
}

test("a vote whose reply was lost is given back when there is a connection again", async () => {
  const { proxy, client } = await oneNode();
  const locks = lockManager({ nodes: [proxy.url], ttlMs: TTL_MS, nodeTimeoutMs: 200 });
  await (await locks.acquire("warm up")).release();
  proxy.apply({ dropReplies: true });
  await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });

  proxy.apply({});
  proxy.cut();
  await expect.poll(() => client.exists("lock:seat"), { timeout: 10_000 }).toBe(0);
});

test("a vote whose connection broke before the reply came is given back when there is one again", async () => {
  const { proxy, client } = await oneNode();
  const locks = lockManager({ nodes: [proxy.url], ttlMs: TTL_MS, nodeTimeoutMs: 10_000 });
  await (await locks.acquire("warm up")).release();
  proxy.apply({ dropReplies: true });
  const refused = expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({
    code: "ERR_LOCK_UNAVAILABLE",
  });
  await expect.poll(() => client.exists("lock:seat"), { timeout: 10_000 }).toBe(1);

  proxy.apply({});
  proxy.cut();
  await refused;
  await expect.poll(() => client.exists("lock:seat"), { timeout: 10_000 }).toBe(0);
});

test("a request that ioredis sends again after a reconnection is no vote: it is given back, and the lock asked for anew", async () => {
  const { proxy, client } = await oneNode();
  const locks = lockManager({ nodes: [redisClient(proxy)], ttlMs: TTL_MS, nodeTimeoutMs: 10_000 });
  await (await locks.acquire("warm up")).release();
  proxy.apply({ dropReplies: true });
  const acquired = locks.acquire("seat");
  await expect.poll(() => client.exists("lock:seat"), { timeout: 10_000 }).toBe(1);
  const counter = await client.get("{lock:seat}:fence");
  proxy.apply({});
  proxy.cut();

  const lease = await acquired;
  expect(lease.fencingToken).toBeGreaterThan(Number(counter));
  expect(await client.get("lock:seat")).toBe(lease.token);
  expect(await lease.release()).toBe(true);
  expect(await client.exists("lock:seat")).toBe(0);
});

test("a vote that a lease was granted without, since its reply was lost, goes with the lease", async () => {
  const servers = await redisServers(3);
  const [, , third] = servers.map(redisClient);
  const proxies = await Promise.all(servers.map(tcpProxy));
  const locks = lockManager({ nodes: urlsOf(proxies), ttlMs: TTL_MS, restartQuarantineMs: 0 });
  await everyNodeVotes(locks);
  proxies[2]?.apply({ dropReplies: true });
  const lease = await locks.acquire("seat");
  await expect.poll(() => third?.exists("lock:seat"), { timeout: 10_000 }).toBe(1);
  proxies[2]?.apply({});
  proxies[2]?.cut();

  expect(await lease.release()).toBe(true);
  await expect.poll(() => third?.exists("lock:seat"), { timeout: 10_000 }).toBe(0);
});

test("a release that a node did not get for want of a connection reaches it later", async () => {
  const servers = await redisServers(3);
  const [, , third] = servers.map(redisClient);
  const proxies = await Promise.all(servers.map(tcpProxy));
  const locks = lockManager({ nodes: urlsOf(proxies), ttlMs: TTL_MS, restartQuarantineMs: 0 });
  await everyNodeVotes(locks);
  const lease = await locks.acquire("seat");
  await expect.poll(() => third?.exists("lock:seat"), { timeout: 10_000 }).toBe(1);
  proxies[2]?.refuse();
  proxies[2]?.cut();
  await expect.poll(() => locks.stats().nodes[2]?.state, { timeout: 10_000 }).toBe("disconnected");
  expect(await lease.release()).toBe(true);

  await proxies[2]?.accept();
  await expect.poll(() => third?.exists("lock:seat"), { timeout: 10_000 }).toBe(0);
});

test("a lease outlives extensions whose replies are lost", async () => {
  const { proxy } = await oneNode();
  const locks = lockManager({ nodes: [proxy.url], ttlMs: 3_000, nodeTimeoutMs: 200 });
  const lease = await locks.acquire("seat");
  proxy.apply({ dropReplies: true });
  await expect(lease.extend()).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
  proxy.apply({});
  proxy.cut();
  await expect.poll(() => locks.stats().extended, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(lease.signal.aborted).toBe(false);
});
