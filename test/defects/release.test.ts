import { createLockManager, type Lease, memoryNode } from "@redlock-kit/core";
import { manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServer, redisServers, urlsOf } from "../support/this-test.js";

/** A lease that is over: of 1 s, of which none was extended. */
async function expired() {
  const clock = manualClock();
  const locks = createLockManager({ nodes: [memoryNode({ clock })], clock, autoExtend: false, ttlMs: 1_000 });
  const expire = () => clock.advance(1_000);
  return { locks, expire };
}

describe("D5: an expired lease", () => {
  test("is released at once: it takes no retries and no time, and answers false", async () => {
    const { locks, expire } = await expired();
    const lease = await locks.acquire("seat");
    await expire();
    // The manual clock stands still: whatever waited for time to pass would never come back.
    expect(await lease.release()).toBe(false);
    expect(await lease.release()).toBe(false);
  });

  test("does not take away the result of the work", async () => {
    const { locks, expire } = await expired();
    const work = async () => {
      await expire();
      return "booked";
    };
    const told = locks.withLock("seat", work);
    await expect(told).rejects.toMatchObject({ code: "ERR_LOCK_LOST", result: "booked" });
    expect(await locks.withLock("seat", work, { onLost: "ignore" })).toBe("booked");
  });

  test("does not take the place of the work's own error", async () => {
    const { locks, expire } = await expired();
    const own = new Error("the card was declined");
    const work = async () => {
      await expire();
      throw own;
    };
    await expect(locks.withLock("seat", work)).rejects.toBe(own);
  });

  test("leaves result and error of an `await using` block as they are", async () => {
    const { locks, expire } = await expired();
    const own = new Error("the card was declined");
    async function book(problem?: Error) {
      await using lease = await locks.acquire("seat");
      await expire();
      if (problem) throw problem;
      return lease.valid ? "in time" : "too late";
    }
    expect(await book()).toBe("too late");
    await expect(book(own)).rejects.toBe(own);
  });
});

describe.each(["killed", "hung"])("D5: with every node %s at the end of the work", (fault) => {
  async function threeNodes() {
    const servers = await redisServers(3);
    const locks = lockManager({ nodes: urlsOf(servers), nodeTimeoutMs: 200 });
    const strike = async () => {
      for (const server of servers) await (fault === "killed" ? server.kill() : server.pause());
    };
    return { locks, strike };
  }

  test("its result is what the caller gets, soon", async () => {
    const { locks, strike } = await threeNodes();
    let since = 0;
    const result = await locks.withLock("seat", async () => {
      await strike();
      since = performance.now();
      return "booked";
    });
    expect(result).toBe("booked");
    expect(performance.now() - since).toBeLessThan(2_000);
  });

  test("its own error is what the caller gets, also under `await using`", async () => {
    const { locks, strike } = await threeNodes();
    const own = new Error("the card was declined");
    async function book() {
      await using lease = await locks.acquire("seat");
      await strike();
      if (lease.valid) throw own;
    }
    await expect(book()).rejects.toBe(own);
  });
});

async function oneServer() {
  const server = await redisServer();
  const client = redisClient(server);
  const steal = () => client.set("lock:seat", "the thief's token", "PX", 60_000);
  return { client, steal, locks: lockManager({ nodes: [server.url], ttlMs: 3_000 }) };
}

describe("D15: a lock that was stolen while its lease had most of its time left", () => {
  test("is no success of withLock", async () => {
    const { locks, steal } = await oneServer();
    const told = locks.withLock("seat", async () => {
      await steal();
      return "booked";
    });
    await expect(told).rejects.toMatchObject({ code: "ERR_LOCK_LOST", result: "booked" });
  });

  test("is told to an `await using` block by the next extension, and stays the thief's", async () => {
    const { locks, steal, client } = await oneServer();
    let stolen: Lease;
    {
      await using lease = await locks.acquire("seat");
      stolen = lease;
      const told = new Promise((resolve) => lease.signal.addEventListener("abort", resolve, { once: true }));
      await steal();
      await told;
      expect(lease.valid).toBe(false);
      expect(lease.signal.reason).toMatchObject({ code: "ERR_LOCK_LOST" });
    }
    expect(await stolen.release()).toBe(false);
    expect(await client.get("lock:seat")).toBe("the thief's token");
  });
});

test("D15: work that gave its lease back itself is a success", async () => {
  const { locks } = await oneServer();
  expect(await locks.withLock("seat", (lease) => lease.release())).toBe(true);
});

test("D27: releasing a lease that has expired leaves the next holder's lock alone", async () => {
  const { locks, client } = await oneServer();
  const lease = await locks.acquire("seat", { ttlMs: 50, autoExtend: false });
  const next = await locks.acquire("seat", { nested: "wait" });
  expect(await lease.release()).toBe(false);
  await expect(locks.release("seat", lease.token)).rejects.toMatchObject({ code: "ERR_LOCK_NOT_HOLDER" });
  expect(await client.get("lock:seat")).toBe(next.token);
  expect(next.valid).toBe(true);
});

describe("D19: a waiter that gives up leaves the holder's lock alone", () => {
  test.each([
    ["at the end of its waitMs", { waitMs: 50 }, "ERR_LOCK_HELD"],
    ["by its signal", { signal: AbortSignal.timeout(50) }, "ERR_LOCK_ABORTED"],
  ])("%s", async (_when, options, code) => {
    const { locks, client } = await oneServer();
    const lease = await locks.acquire("seat");
    await expect(locks.acquire("seat", options)).rejects.toMatchObject({ code });
    expect(await client.get("lock:seat")).toBe(lease.token);
    expect(await client.pttl("lock:seat")).toBeGreaterThan(0);
  });
});

test("D21: an acquire of several keys that gives up leaves none of them behind", async () => {
  const { locks, client, steal } = await oneServer();
  await steal();
  const keys = ["aisle", "seat", "zone"];
  await expect(locks.acquire(keys, { waitMs: 50 })).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
  expect(await client.exists("lock:aisle", "lock:zone")).toBe(0);
});
