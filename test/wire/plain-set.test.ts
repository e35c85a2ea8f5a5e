import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServers } from "../support/this-test.js";
import { everyNodeVotes } from "./every-node-votes.js";

async function nodes(count: number) {
  const clients = (await redisServers(count)).map(redisClient);
  const locks = lockManager({ nodes: clients, keyPrefix: "" });
  await everyNodeVotes(locks);
  return { clients, locks };
}

/** How a script or a person takes a lock by hand. */
function setByHand(clients: readonly Redis[], key: string, token: string, ttlMs: number): Promise<unknown[]> {
  return Promise.all(clients.map((client) => client.set(key, token, "PX", ttlMs, "NX")));
}

describe.each([1, 3])("on %i nodes", (count) => {
  test("SET key token PX NX is held for us until it is deleted", async () => {
    const { clients, locks } = await nodes(count);
    await setByHand(clients, "seat", "by hand", 20_000);
    expect(await locks.tryAcquire("seat")).toBeNull();
    const error = await locks.acquire("seat", { waitMs: 0 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ERR_LOCK_HELD", retryAfterMs: expect.any(Number) });
    await Promise.all(clients.map((client) => client.del("seat")));
    expect(await locks.tryAcquire("seat")).toMatchObject({ valid: true });
  });

  test("our lock is a string, the token, with a TTL, which SET NX can't take", async () => {
    const { clients, locks } = await nodes(count);
    const lease = await locks.acquire("seat", { ttlMs: 20_000 });
    // It was granted as soon as a quorum had it.
    for (const client of clients) await expect.poll(() => client.exists("seat")).toBe(1);
    expect(await setByHand(clients, "seat", "by hand", 20_000)).toEqual(clients.map(() => null));
    for (const client of clients) {
      expect(await client.type("seat")).toBe("string");
      expect(await client.get("seat")).toBe(lease.token);
      const ttlMs = await client.pttl("seat");
      expect(ttlMs).toBeGreaterThan(0);
      expect(ttlMs).toBeLessThanOrEqual(20_000);
    }
    await lease.release();
    await expect.poll(() => setByHand(clients, "seat", "by hand", 20_000)).toContain("OK");
  });

  test("a lock that was taken by hand is shown, released by its token and broken, with fencing token 0", async () => {
    const { clients, locks } = await nodes(count);
    await setByHand(clients, "seat", "by hand", 20_000);
    expect(await locks.inspect("seat")).toMatchObject({ key: "seat", token: "by hand", fencingToken: 0 });
    expect(await locks.release("seat", "by hand")).toBe(true);
    await setByHand(clients, "seat", "again", 20_000);
    expect(await locks.forceRelease("seat")).toBe(true);
    expect(await locks.inspect("seat")).toBeNull();
  });

  test("a key without TTL is held for ever, as operators are told, until somebody deletes or breaks it", async () => {
    const { clients, locks } = await nodes(count);
    await Promise.all(clients.map((client) => client.set("seat", "for ever")));
    expect(await locks.tryAcquire("seat")).toBeNull();
    await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
      retryAfterMs: undefined,
      message: expect.stringContaining("without a TTL"),
    });
    expect(await locks.inspect("seat")).toMatchObject({ token: "for ever", remainingMs: Infinity });
    const waiting = locks.acquire("seat", { waitMs: 30_000 });
    expect(await locks.forceRelease("seat")).toBe(true);
    expect(await waiting).toMatchObject({ valid: true });
  });

  test("a key of another type is no lock: an error that says so, and the key stays as it is", async () => {
    const { clients, locks } = await nodes(count);
    await Promise.all(clients.map((client) => client.rpush("seat", "a", "b")));
    const wrongType = { code: "ERR_LOCK_UNAVAILABLE", message: expect.stringContaining("WRONGTYPE") };
    await expect(locks.tryAcquire("seat")).rejects.toMatchObject(wrongType);
    await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject(wrongType);
    await expect(locks.acquire(["seat", "other"], { waitMs: 0 })).rejects.toMatchObject(wrongType);
    await expect(locks.release("seat", "t")).rejects.toMatchObject(wrongType);
    await expect(locks.extend("seat", "t", 5_000)).rejects.toMatchObject(wrongType);
    await expect(locks.inspect("seat")).rejects.toMatchObject(wrongType);
    for (const client of clients) {
      expect(await client.lrange("seat", 0, -1)).toEqual(["a", "b"]);
      expect(await client.exists("other")).toBe(0);
    }
  });

  test("a counter that somebody has overwritten is an error that names it, and the lock stays free", async () => {
    const { clients, locks } = await nodes(count);
    await Promise.all(clients.map((client) => client.set("{seat}:fence", "no number", "PX", 60_000)));
    await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      message: expect.stringMatching(/\{seat\}:fence .*number/),
    });
    for (const client of clients) expect(await client.exists("seat")).toBe(0);
  });
});

test("on three nodes, what was set by hand on one of them keeps nobody out", async () => {
  const { clients, locks } = await nodes(3);
  await setByHand(clients.slice(0, 1), "seat", "by hand", 20_000);
  const lease = await locks.acquire("seat", { waitMs: 0 });
  expect(await clients[0]?.get("seat")).toBe("by hand");
  await lease.release();
  expect(await clients[0]?.get("seat")).toBe("by hand");
});
