import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { LockManager, NodeEvent } from "@redlock-kit/core";
import { expect, onTestFinished, test } from "vitest";
import type { RedisServer } from "../support/redis-server.js";
import { blackhole } from "../support/tcp-proxy.js";
import {
  lockManager,
  redisClient,
  redisServer,
  redisServers,
  tcpProxy,
  urlsOf,
} from "../support/this-test.js";

/** Which nodes vote, as seen by a manager that is at work. */
async function votersAtWork(locks: LockManager): Promise<boolean[]> {
  await locks.withLock("work", () => {});
  return locks.stats().nodes.map(({ voting }) => voting);
}

/** What becomes of a node from now on, as operators hear of it. */
function changesOf(node: string): string[] {
  const changes: string[] = [];
  const hear = (event: unknown): void => {
    if ((event as NodeEvent).node === node) changes.push((event as NodeEvent).change);
  };
  subscribe("redlock-kit:node", hear);
  onTestFinished(() => {
    unsubscribe("redlock-kit:node", hear);
  });
  return changes;
}

/** Whether a lease that is granted now stands on all of `servers`. */
async function standsOnAll(locks: LockManager, servers: readonly RedisServer[]): Promise<void> {
  await using lease = await locks.acquire("seat");
  for (const client of servers.map(redisClient)) {
    await expect.poll(() => client.get("lock:seat"), { timeout: 10_000 }).toBe(lease.token);
  }
}

test("a node that was hung votes again when it goes on", async () => {
  const servers = await redisServers(3);
  const locks = lockManager({ nodes: urlsOf(servers), nodeTimeoutMs: 200, restartQuarantineMs: 0 });
  await expect.poll(() => votersAtWork(locks), { timeout: 10_000 }).toEqual([true, true, true]);
  servers[1]?.pause();
  await expect.poll(() => votersAtWork(locks), { timeout: 10_000 }).toEqual([true, false, true]);
  servers[1]?.resume();
  await expect.poll(() => votersAtWork(locks), { timeout: 10_000 }).toEqual([true, true, true]);
  await standsOnAll(locks, servers);
});

test("a node that was killed and restarted on its port votes again, after its quarantine", async () => {
  const servers = await redisServers(3);
  const locks = lockManager({ nodes: urlsOf(servers), ttlMs: 2_000 });
  await expect.poll(() => votersAtWork(locks), { timeout: 10_000 }).toEqual([true, true, true]);
  const changes = changesOf(`127.0.0.1:${servers[1]?.port}`);
  await servers[1]?.kill();
  await expect.poll(() => votersAtWork(locks), { timeout: 10_000 }).toEqual([true, false, true]);
  await servers[1]?.restart();
  await expect.poll(() => votersAtWork(locks), { timeout: 10_000 }).toEqual([true, true, true]);
  // Told by its events: by the time that the server's restart is reported here, its quarantine may be over. It is
  // admitted by the first vote that counts.
  const changesAtWork = () => votersAtWork(locks).then(() => changes);
  await expect.poll(changesAtWork, { timeout: 10_000 }).toEqual(["disconnected", "quarantined", "admitted"]);
  await standsOnAll(locks, servers);
});

test.each([
  ["killed", "restarted", (server: RedisServer) => server.kill(), (server: RedisServer) => server.restart()],
  [
    "hung",
    "resumed",
    async (server: RedisServer) => server.pause(),
    async (server: RedisServer) => server.resume(),
  ],
])(
  "whoever began to wait while all nodes were %s gets the lock when they are %s",
  async (_was, _is, strike, mend) => {
    const servers = await redisServers(3);
    const locks = lockManager({ nodes: urlsOf(servers), nodeTimeoutMs: 200 });
    await (await locks.acquire("warm up")).release();
    await Promise.all(servers.map(strike));
    const waiting = locks.acquire("seat", { waitMs: 15_000 });
    const before = locks.stats().unavailable;
    await expect.poll(() => locks.stats().unavailable, { timeout: 10_000 }).toBeGreaterThan(before);
    await Promise.all(servers.map(mend));
    expect((await waiting).valid).toBe(true);
  },
);

test("nodes that were away when the manager was made vote when they come", async () => {
  const servers = await redisServers(3);
  await Promise.all(servers.map((server) => server.kill()));
  const locks = lockManager({ nodes: urlsOf(servers) });
  await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
  await Promise.all(servers.map((server) => server.restart()));
  expect((await locks.acquire("seat", { waitMs: 15_000 })).valid).toBe(true);
});

test("a connection that died without a word is made anew, if it is the manager's own", async () => {
  const proxy = await tcpProxy(await redisServer());
  const locks = lockManager({ nodes: [proxy.url], nodeTimeoutMs: 100 });
  await (await locks.acquire("warm up")).release();
  for (const connection of proxy.connections) connection.apply(blackhole);
  expect((await locks.acquire("seat", { waitMs: 15_000 })).valid).toBe(true);
});

test("a lease outlives an outage that is shorter than it", async () => {
  const server = await redisServer();
  const locks = lockManager({ nodes: [server.url], ttlMs: 6_000, nodeTimeoutMs: 100 });
  const lease = await locks.acquire("seat");
  server.pause();
  await expect(lease.extend()).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
  server.resume();
  await expect.poll(() => lease.extend(), { timeout: 5_000 }).toBe(lease);
  expect(lease.signal.aborted).toBe(false);
});

test("a node that was flushed while a lease is held has its vote back by the next extension", async () => {
  const servers = await redisServers(3);
  const locks = lockManager({ nodes: urlsOf(servers), restartQuarantineMs: 0 });
  await expect.poll(() => votersAtWork(locks), { timeout: 10_000 }).toEqual([true, true, true]);
  const lease = await locks.acquire("seat");
  const [first] = servers.map(redisClient);
  await first?.flushall();
  await lease.extend();
  await expect.poll(() => first?.get("lock:seat"), { timeout: 10_000 }).toBe(lease.token);
  expect(await first?.pttl("lock:seat")).toBeGreaterThan(0);
});
