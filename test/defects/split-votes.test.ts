import { expect, test } from "vitest";
import { lockManager, redisClient, redisServers, urlsOf } from "../support/this-test.js";

/** Servers that have just started would not all vote at once. */
const OLD_SERVERS = { restartQuarantineMs: 0 };
const SOMEBODY_ELSE = ["lock:seat", "somebody else's token", "PX", 60_000] as const;

test.each([
  { count: 2, against: 1 },
  { count: 4, against: 2 },
])("D1: acquire settles when $against of $count nodes are against it", async ({ count, against }) => {
  const servers = await redisServers(count);
  const clients = servers.map(redisClient);
  for (const client of clients.slice(0, against)) await client.set(...SOMEBODY_ELSE);
  const locks = lockManager({ nodes: urlsOf(servers) });

  await expect(locks.acquire("seat", { waitMs: 100 })).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
  await Promise.all(clients.map((client) => client.del("lock:seat")));
  expect((await locks.acquire("seat")).valid).toBe(true);
});

test("D1: acquire settles with one node for it, one against it and one silent", async () => {
  const servers = await redisServers(3);
  const [, against, silent] = servers;
  const locks = lockManager({ nodes: urlsOf(servers), nodeTimeoutMs: 200, ...OLD_SERVERS });
  await (await locks.acquire("warm up")).release();
  if (against) await redisClient(against).set(...SOMEBODY_ELSE);
  silent?.pause();

  await expect(locks.acquire("seat", { waitMs: 100 })).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
});

test.each([2, 4])(
  "D1: contenders on %i nodes, who split the vote, all get the lock in turn",
  async (count) => {
    const nodes = urlsOf(await redisServers(count));
    const contenders = Array.from({ length: 4 }, () => lockManager({ nodes, waitMs: Infinity }));
    let turns = 0;
    await Promise.all(contenders.map((locks) => locks.withLock("seat", () => void turns++)));
    expect(turns).toBe(4);
  },
);

test("D2: the votes of a lost ballot are given back at once", async () => {
  const servers = await redisServers(3);
  const [free, against, down] = servers.map(redisClient);
  const locks = lockManager({ nodes: urlsOf(servers), ...OLD_SERVERS });
  await (await locks.acquire("warm up")).release();
  await against?.set(...SOMEBODY_ELSE);
  down?.disconnect();
  await servers[2]?.kill();

  expect(await locks.tryAcquire("seat")).toBeNull();
  // It left before the answer was given, on another connection than the question of whether it has come.
  await expect.poll(() => free?.get("lock:seat")).toBeNull();
  // Nor does it take what it left behind itself, for a moment, for somebody else's.
  await against?.del("lock:seat");
  expect(await locks.tryAcquire("seat")).not.toBeNull();
});

test("D2: with one of three nodes down, two contenders get the lock in turn", async () => {
  const servers = await redisServers(3);
  const contenders = [1, 2].map(() => lockManager({ nodes: urlsOf(servers), ...OLD_SERVERS }));
  for (const locks of contenders) await (await locks.acquire("warm up")).release();
  await servers[2]?.kill();

  for (let round = 0; round < 10; round++) {
    const turns = await Promise.all(contenders.map((locks) => locks.withLock("seat", () => "had its turn")));
    expect(turns).toEqual(["had its turn", "had its turn"]);
  }
});

test("D2: many contenders on three nodes are done long before a single ttl is over", async () => {
  const nodes = urlsOf(await redisServers(3));
  const ttlMs = 60_000;
  const contenders = Array.from({ length: 8 }, () => lockManager({ nodes, ttlMs, waitMs: Infinity }));
  const since = performance.now();
  await Promise.all(contenders.map((locks) => locks.withLock("seat", () => {})));
  expect(performance.now() - since).toBeLessThan(ttlMs / 6);
});
