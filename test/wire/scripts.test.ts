import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import * as exclusive from "../../packages/core/src/redis/scripts/exclusive.js";
import { lockManager, redisClient, redisServer, redisServers } from "../support/this-test.js";

test("the scripts are those of docs/protocol.md: whoever changes one changes the protocol, and this test", () => {
  const digests = Object.entries(exclusive).map(([name, script]) => [
    name,
    createHash("sha1").update(script).digest("hex"),
  ]);
  expect(Object.fromEntries(digests)).toMatchInlineSnapshot(`
    {
      "BATCH": "0545cf45544f82451e881d21510894cada95db39",
      "CONFIRM": "cf06ca0719a177aa843349d8779b44b9bb267fe2",
      "EXTEND": "84ad7713b6118c7483e979a280fdccaa2501c263",
      "GRANT": "90bd88e4e1dea2ab9d2d2dd04df1a89456d3c57b",
      "INSPECT": "e33fc4bf1744e7abae2e7c602e3296650952ccb4",
      "RELEASE": "795afed430ce2778fed1313abe5af34a91594a1e",
      "WITHDRAW": "f71b69c77922076850317efea0a6cbb4a2dfef18",
    }
  `);
});

test("a server that knows the scripts is sent their digests, not their text", async () => {
  const client = redisClient(await redisServer());
  const locks = lockManager({ nodes: [client] });
  const life = async (): Promise<void> => {
    const lease = await locks.acquire("seat");
    await lease.extend();
    await locks.inspect("seat");
    await lease.release();
  };
  await life();
  await client.config("RESETSTAT");
  await life();
  const stats = await client.info("commandstats");
  expect(stats).toContain("cmdstat_evalsha:calls=4,");
  expect(stats).not.toContain("cmdstat_eval:");
});

describe("a server that has forgotten its scripts", () => {
  test("is sent them again, whatever is asked of it first", async () => {
    const client = redisClient(await redisServer());
    const locks = lockManager({ nodes: [client] });
    const flush = (): Promise<unknown> => client.script("FLUSH");
    await flush();
    const lease = await locks.acquire("seat");
    await flush();
    await lease.extend();
    await flush();
    expect(await locks.inspect("seat")).toMatchObject({ token: lease.token });
    await flush();
    expect(await lease.release()).toBe(true);
    await flush();
    await locks.acquire(["a", "b"]);
    await flush();
    expect(await locks.forceRelease(["a", "b"])).toBe(true);
  });

  test("votes all the same where it is one of three", async () => {
    const clients = (await redisServers(3)).map(redisClient);
    const locks = lockManager({ nodes: clients });
    await locks.withLock("seat", () => {});
    await Promise.all(clients.filter((_, i) => i !== 1).map((client) => client.script("FLUSH")));
    const lease = await locks.acquire("seat");
    await Promise.all(clients.map((client) => client.script("FLUSH")));
    expect(await lease.extend()).toBe(lease);
    await Promise.all(clients.map((client) => client.script("FLUSH")));
    expect(await lease.release()).toBe(true);
    for (const client of clients) await expect.poll(() => client.exists("lock:seat")).toBe(0);
  });

  test("confirms a fencing token on which the nodes did not agree", async () => {
    const clients = (await redisServers(3)).map(redisClient);
    const locks = lockManager({ nodes: clients });
    const { fencingToken } = await locks.withLock("seat", async (lease) => lease);
    // Counters ahead of any proposal, and different everywhere: the grants differ, so a second round must settle.
    const ahead = [1, 2, 3].map((i) => fencingToken + 1e9 * i);
    await Promise.all(
      clients.map((client, i) => client.set("{lock:seat}:fence", String(ahead[i]), "PX", 60_000)),
    );
    await Promise.all(clients.map((client) => client.script("FLUSH")));
    const lease = await locks.acquire("seat");
    expect(lease.fencingToken).toBeGreaterThan(Number(ahead[1]));
    const counters = await Promise.all(clients.map((client) => client.get("{lock:seat}:fence")));
    const settled = counters.filter((counter) => Number(counter) >= lease.fencingToken);
    expect(settled.length).toBeGreaterThanOrEqual(2);
  });
});
