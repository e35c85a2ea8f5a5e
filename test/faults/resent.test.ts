import type { LockManager } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import type { RedisServer } from "../support/redis-server.js";
import { lockManager, redisClient, redisServer, redisServers, tcpProxy } from "../support/this-test.js";

const TTL_MS = 30_000;

/** Settles when the node with this index has said who it is. */
async function voting(locks: LockManager, index: number): Promise<void> {
  await expect.poll(() => locks.stats().nodes[index]?.voting, { timeout: 10_000 }).toBe(true);
}

test("a vote that ioredis asks for again of a server that restarted empty does not count", async () => {
  const servers = await redisServers(3);
  const [first, second, third] = servers as [RedisServer, RedisServer, RedisServer];
  const proxy = await tcpProxy(second);
  // The holder does not reach the third server.
  const away = await tcpProxy(third);
  const holder = lockManager({ nodes: [first.url, second.url, away.url], ttlMs: TTL_MS });
  const nodes = [first, proxy, third].map(redisClient);
  const locks = lockManager({ nodes, ttlMs: TTL_MS, nodeTimeoutMs: 5_000 });
  await (await locks.acquire("warm up")).release();
  for (const index of [0, 1, 2]) await voting(locks, index);
  away.refuse();
  away.cut();
  const lease = await holder.acquire("seat");

  const onThird = redisClient(third);
  expect(await onThird.exists("lock:seat")).toBe(0);

  second.pause();
  const trying = locks.tryAcquire("seat").then(
    (got) => got !== null,
    () => false,
  );
  // The third has granted it, so the second has been asked as well.
  await expect.poll(() => onThird.exists("lock:seat"), { timeout: 5_000, interval: 5 }).toBe(1);
  proxy.refuse();
  proxy.cut();
  await second.kill();
  await second.restart();
  // Somebody was quicker, so that the server knows the scripts already when it is asked again.
  await (await lockManager({ nodes: [second.url] }).acquire("other")).release();
  await proxy.accept();

  expect([await trying, lease.valid]).toEqual([false, true]);
});

describe("a server that does not know the scripts yet", () => {
  async function fresh() {
    const server = await redisServer();
    return { client: redisClient(server), locks: lockManager({ nodes: [server.url] }) };
  }

  test("carries a release out before what is asked of it next under the same token", async () => {
    const { client, locks } = await fresh();
    const lease = await locks.acquire("seat", { token: "request-1" });
    const releasing = lease.release();
    const again = await locks.acquire("seat", { token: "request-1" });
    expect(await releasing).toBe(true);
    expect([again.valid, await client.get("lock:seat")]).toEqual([true, "request-1"]);
    expect(await again.release()).toBe(true);
  });

  test("carries the give-back of an acquire that was aborted out before the next acquire under its token", async () => {
    const { client, locks } = await fresh();
    const leaving = new AbortController();
    const aborted = locks.acquire("seat", { token: "request-1", signal: leaving.signal });
    leaving.abort();
    const again = locks.acquire("seat", { token: "request-1" });
    await expect(aborted).rejects.toMatchObject({ code: "ERR_LOCK_ABORTED" });
    expect([(await again).valid, await client.get("lock:seat")]).toEqual([true, "request-1"]);
    // What was on its way to the server then has arrived by now.
    await locks.inspect("seat");
    expect(await client.get("lock:seat")).toBe("request-1");
  });
});
