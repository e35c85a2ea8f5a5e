import type { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { lockManager, redisClient, redisServer, redisServers, urlsOf } from "../support/this-test.js";
import { everyNodeVotes } from "./every-node-votes.js";

/** The keys of a database that have no TTL. */
async function everlasting(client: Redis): Promise<string[]> {
  const keys = await client.keys("*");
  const ttls = await Promise.all(keys.map((key) => client.pttl(key)));
  return keys.filter((_, i) => ttls[i] === -1);
}

describe("every key that is ever written has a TTL", () => {
  test.each([1, 3])("on %i nodes, after every step of a lock's life", async (count) => {
    const servers = await redisServers(count);
    const clients = servers.map(redisClient);
    const [ours, theirs] = [lockManager({ nodes: clients }), lockManager({ nodes: urlsOf(servers) })];
    const written = new Set<string>();
    const check = async (): Promise<void> => {
      for (const client of clients) {
        expect(await everlasting(client)).toEqual([]);
        for (const key of await client.keys("*")) written.add(key);
      }
    };
    const lease = await ours.acquire("seat", { ttlMs: 2_000 });
    await check();
    expect(await theirs.tryAcquire("seat")).toBeNull();
    const waiting = theirs.acquire("seat", { waitMs: 30_000 });
    await expect.poll(() => theirs.stats().waiting).toBe(1);
    await check();
    await lease.extend(30_000);
    await check();
    await lease.release();
    const next = await waiting;
    await check();
    await ours.extend("seat", next.token, 40_000);
    await check();
    if (count === 3) await clients[0]?.del("lock:seat");
    await next.extend(50_000); // which gives the lock back to the node that lost it
    await check();
    await ours.forceRelease("seat");
    const several = await ours.acquire(["{row}:1", "{row}:2"], { minHoldMs: 5_000 });
    await check();
    await several.release();
    await check();
    expect([...written].filter((key) => key.includes("seat")).sort()).toEqual([
      "lock:seat",
      "{lock:seat}:fence",
      "{lock:seat}:queue",
    ]);
  });

  test("as the servers saw it: no SET without PX, and nothing but what the protocol names", async () => {
    const server = await redisServer();
    const watcher = await redisClient(server).monitor();
    onTestFinished(() => watcher.disconnect());
    const commands: string[][] = [];
    watcher.on("monitor", (_time, command: string[]) =>
      commands.push(command.map((word) => word.toLowerCase())),
    );
    const locks = lockManager({ nodes: [server.url] });
    const lease = await locks.acquire("seat", { minHoldMs: 5_000 });
    await lease.extend();
    await lease.release();
    const several = await locks.acquire(["a", "b"]);
    await several.extend();
    await several.release();
    await locks.release("seat", "t").catch(() => {});
    await redisClient(server).set("the end", "of it", "PX", 1_000);
    await expect.poll(() => commands.some((words) => words.includes("the end"))).toBe(true);
    const sets = commands.filter(([name]) => name === "set");
    expect(sets.length).toBeGreaterThan(8);
    expect(sets.filter((words) => !words.includes("px"))).toEqual([]);
    const writing =
      /^(append|incr|decr|getset|mset|hset|hincr|lpush|rpush|sadd|xadd|setnx|persist|restore|copy|rename)/;
    expect(commands.filter(([name]) => writing.test(name ?? ""))).toEqual([]);
  });
});

describe("nothing of a lock is left after its release but its counter", () => {
  test("which expires after an hour at the latest", async () => {
    const client = redisClient(await redisServer());
    const locks = lockManager({ nodes: [client] });
    await locks.withLock("seat", () => {});
    expect(await client.keys("*")).toEqual(["{lock:seat}:fence"]);
    const ttlMs = await client.pttl("{lock:seat}:fence");
    expect(ttlMs).toBeGreaterThan(3_500_000);
    expect(ttlMs).toBeLessThanOrEqual(3_600_000);
  });

  test("and of several nodes the records of who they are and how long leases last", async () => {
    const clients = (await redisServers(3)).map(redisClient);
    const locks = lockManager({ nodes: clients });
    await everyNodeVotes(locks);
    await locks.withLock("seat", () => {});
    for (const client of clients) {
      await expect
        .poll(async () => (await client.keys("*")).sort())
        .toEqual(["lock:redlock-kit:longest-ttl", "lock:redlock-kit:nodes", "{lock:seat}:fence"]);
      expect(await client.pttl("lock:redlock-kit:nodes")).toBeGreaterThan(0);
      expect(await client.pttl("lock:redlock-kit:longest-ttl")).toBeGreaterThan(0);
    }
  });

  test("keys with a hash tag have their counter in the same slot", async () => {
    const client = redisClient(await redisServer());
    await lockManager({ nodes: [client] }).withLock(["{row}:1", "{row}:2"], () => {});
    expect((await client.keys("*")).sort()).toEqual(["lock:{row}:1:fence", "lock:{row}:2:fence"]);
  });
});
