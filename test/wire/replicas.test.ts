import { memoryNode } from "@redlock-kit/core";
import { expect, test } from "vitest";
import type { RedisServer } from "../support/redis-server.js";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";

/** A primary waits five seconds for further replicas before it copies to the first, unless it is told not to. */
const AT_ONCE = { args: ["--repl-diskless-sync-delay", "0"] };

/** A replica of `primary`, in sync. */
async function replicaOf(primary: RedisServer): Promise<RedisServer> {
  const replica = await redisServer({ args: ["--replicaof", "127.0.0.1", String(primary.port)] });
  const client = redisClient(primary);
  const inSync = async () => (await client.info("replication")).includes("state=online");
  await expect.poll(inSync, { timeout: 10_000 }).toBe(true);
  // The first acknowledgement can take a second.
  await client.set("first", "write", "PX", 1);
  expect(await client.wait(1, 0)).toBe(1);
  return replica;
}

async function pair() {
  const primary = await redisServer(AT_ONCE);
  return { primary, replica: await replicaOf(primary) };
}

test("with minReplicas, a lease that is granted is on the replica", async () => {
  const { primary, replica } = await pair();
  const locks = lockManager({ nodes: [primary.url], minReplicas: 1 });
  const copy = redisClient(replica);
  for (let turn = 1; turn <= 20; turn++) {
    const lease = await locks.acquire(`seat ${turn}`);
    expect(await copy.get(`lock:seat ${turn}`)).toBe(lease.token);
  }
});

test("with minReplicas, an extension counts when it is on the replica", async () => {
  const { primary, replica } = await pair();
  const locks = lockManager({ nodes: [primary.url], minReplicas: 1 });
  const lease = await locks.acquire("seat", { ttlMs: 5_000 });
  await lease.extend(600_000);
  expect(await redisClient(replica).pttl("lock:seat")).toBeGreaterThan(100_000);
});

test("what a replica has not received is no vote: the lock is given back, and the reason told", async () => {
  const { primary, replica } = await pair();
  const locks = lockManager({ nodes: [primary.url], minReplicas: 1, nodeTimeoutMs: 1_000, waitMs: 0 });
  await (await locks.acquire("warm up")).release();
  replica.pause();
  await expect(locks.acquire("seat")).rejects.toMatchObject({
    code: "ERR_LOCK_UNAVAILABLE",
    votes: [
      {
        outcome: "unknown",
        reason: "only 0 of the 1 replicas that minReplicas demands confirmed it within 750 ms",
      },
    ],
  });
  const client = redisClient(primary);
  await expect.poll(() => client.exists("lock:seat"), { timeout: 10_000 }).toBe(0);

  replica.resume();
  const lease = await locks.acquire("seat", { waitMs: 15_000 });
  expect(await redisClient(replica).get("lock:seat")).toBe(lease.token);
});

test("a primary without the replicas that it must have does not vote, and says so", async () => {
  const server = await redisServer();
  const locks = lockManager({ nodes: [server.url], minReplicas: 2, waitMs: 0 });
  const reason = "it has 0 of the 2 replicas that minReplicas demands";
  await expect(locks.acquire("seat")).rejects.toMatchObject({ votes: [{ outcome: "unknown", reason }] });
  expect(locks.stats().nodes).toMatchObject([{ voting: false, reason }]);
  expect(await redisClient(server).exists("lock:seat")).toBe(0);
});

test("an attempt under a token of its own that no replica received is given back, too", async () => {
  const { primary, replica } = await pair();
  const locks = lockManager({ nodes: [primary.url], minReplicas: 1, nodeTimeoutMs: 400, ttlMs: 60_000 });
  await (await locks.acquire("warm up")).release();
  replica.pause();
  const failed = locks.acquire("seat", { token: "mine", waitMs: 0 });
  await expect(failed).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
  const client = redisClient(primary);
  await expect.poll(() => client.exists("lock:seat"), { timeout: 10_000 }).toBe(0);
});

test("a primary whose vote did not count is not asked for a while, and stats say why", async () => {
  const { primary, replica } = await pair();
  const locks = lockManager({ nodes: [primary.url], minReplicas: 1, nodeTimeoutMs: 2_000, waitMs: 0 });
  await (await locks.acquire("warm up")).release();
  replica.pause();
  await expect(locks.acquire("seat")).rejects.toThrow(/only 0 of the 1 replicas/);
  expect(locks.stats().nodes).toMatchObject([
    { voting: false, reason: expect.stringMatching(/only 0 of the 1 replicas/) },
  ]);
  await expect(locks.acquire("another")).rejects.toThrow(/only 0 of the 1 replicas/);
  replica.resume();
  await locks.acquire("seat", { waitMs: 15_000 });
  expect(locks.stats().nodes).toMatchObject([{ voting: true }]);
});

test("three primaries with a replica each: one whose replica hangs is outvoted", async () => {
  const pairs = await Promise.all([pair(), pair(), pair()]);
  const nodes = pairs.map(({ primary }) => primary.url);
  const locks = lockManager({ nodes, minReplicas: 1, nodeTimeoutMs: 300, restartQuarantineMs: 0 });
  await (await locks.acquire("warm up")).release();
  pairs[0]?.replica.pause();
  const lease = await locks.acquire("seat");
  const copies = pairs.slice(1).map(({ replica }) => redisClient(replica).get("lock:seat"));
  expect(await Promise.all(copies)).toEqual([lease.token, lease.token]);
});

test("minReplicas is refused where nothing can wait for replicas", () => {
  expect(() => lockManager({ nodes: [memoryNode()], minReplicas: 1 })).toThrow(/minReplicas.*nodes\[0\]/);
});
