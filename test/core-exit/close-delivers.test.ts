import { createLockManager, memoryNode } from "@redlock-kit/core";
import { faultyNode } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import type { RedisServer } from "../support/redis-server.js";
import {
  lockManager,
  redisClient,
  redisServer,
  redisServers,
  tcpProxy,
  urlsOf,
} from "../support/this-test.js";

/*
 * A server that does not know the release script yet needs two round trips for the first release: the digest, then the
 * text. Whoever closes its connection in between leaves a lock until it expires.
 */
describe("close waits until what is given back has arrived:", () => {
  test("the lock of work that ends while the manager is closing", async () => {
    const server = await redisServer();
    const locks = createLockManager({ nodes: [server.url] });
    let closing: Promise<void> | undefined;
    await locks.withLock("seat", () => void (closing = locks.close()));
    await closing;
    expect(await redisClient(server).exists("lock:seat")).toBe(0);
  });

  test("a lease whose release nobody waited for", async () => {
    const server = await redisServer();
    const locks = createLockManager({ nodes: [server.url] });
    const lease = await locks.acquire("seat");
    void lease.release();
    await locks.close();
    expect(await redisClient(server).exists("lock:seat")).toBe(0);
  });

  test("what a vote that failed has set on a minority of the nodes", async () => {
    const servers = await redisServers(3);
    const clients = servers.map(redisClient);
    for (const client of clients.slice(0, 2)) await client.set("lock:seat", "by hand", "PX", 60_000);
    const locks = createLockManager({ nodes: urlsOf(servers) });
    expect(await locks.tryAcquire("seat")).toBeNull();
    await locks.close();
    expect(await clients[2]?.exists("lock:seat")).toBe(0);
  });

  test("what a slow node sets for a vote that has failed long since", async () => {
    const servers = await redisServers(3);
    const clients = servers.map(redisClient);
    for (const client of clients.slice(0, 2)) await client.set("lock:seat", "by hand", "PX", 60_000);
    const slow = await tcpProxy(servers[2] as RedisServer);
    const locks = createLockManager({ nodes: urlsOf([...servers.slice(0, 2), slow]) });
    await locks.inspect("seat"); // connected
    slow.apply({ replyDelayMs: 100 });
    expect(await locks.tryAcquire("seat")).toBeNull();
    await locks.close();
    expect(await clients[2]?.exists("lock:seat")).toBe(0);
  });

  test("what a node grants that says who it is when the vote has failed long since", async () => {
    const servers = [memoryNode(), memoryNode(), memoryNode()] as const;
    await lockManager({ nodes: servers.slice(0, 2) }).acquire("seat");
    const late = faultyNode(servers[2]);
    late.faults.hold("replies", "identify");
    const locks = createLockManager({ nodes: [servers[0], servers[1], late] });
    expect(await locks.tryAcquire("seat")).toBeNull();
    const closing = locks.close();
    late.faults.resume();
    late.faults.delay("requests", 20, "release"); // which the end of the connection would swallow
    await closing;
    expect(servers[2].size.locks).toBe(0);
  });

  test("a lock that was won after its caller had left", async () => {
    const server = await redisServer();
    const locks = createLockManager({ nodes: [server.url] });
    await locks.inspect("seat"); // connected
    const leaving = new AbortController();
    const acquiring = locks.acquire("seat", { signal: leaving.signal });
    leaving.abort();
    await expect(acquiring).rejects.toMatchObject({ code: "ERR_LOCK_ABORTED" });
    await locks.close();
    expect(await redisClient(server).exists("lock:seat")).toBe(0);
  });

  test("a lock that was won while the manager was closing", async () => {
    const server = await redisServer();
    const locks = createLockManager({ nodes: [server.url] });
    await locks.inspect("seat");
    const acquiring = locks.acquire("seat");
    const closing = locks.close();
    await expect(acquiring).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
    await closing;
    expect(await redisClient(server).exists("lock:seat")).toBe(0);
  });

  test("a release by token that another call has begun", async () => {
    const server = await redisServer();
    const { token } = await lockManager({ nodes: [server.url] }).acquire("seat", { autoExtend: false });
    await redisClient(server).script("FLUSH");
    const locks = createLockManager({ nodes: [server.url] });
    await locks.inspect("seat");
    const releasing = locks.release("seat", token);
    await locks.close();
    expect(await releasing).toBe(true);
    expect(await redisClient(server).exists("lock:seat")).toBe(0);
  });
});
