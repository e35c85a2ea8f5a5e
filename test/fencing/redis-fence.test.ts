import { memoryNode } from "@redlock-kit/core";
import { type RedisFenceOptions, redisFence } from "@redlock-kit/core/fencing";
import { Cluster, Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { startRedisCluster } from "../support/redis-server.js";
import { redisClient, redisServer } from "../support/this-test.js";

const DAY_MS = 24 * 3_600_000;

async function fenced(options: Partial<RedisFenceOptions> = {}) {
  const server = await redisServer();
  const client = redisClient(server);
  return { server, client, guard: redisFence({ client, ...options }) };
}

describe("the Redis guard", () => {
  test("writes one record for a resource, beside no other key, and never one without a TTL", async () => {
    const { client, guard } = await fenced();
    await guard.admit("document:7", 34);
    expect(await client.keys("*")).toEqual(["fence:{document:7}"]);
    expect(await client.get("fence:{document:7}")).toBe("34");
    expect(await client.pttl("fence:{document:7}")).toBeGreaterThan(DAY_MS - 60_000);
    expect(await client.pttl("fence:{document:7}")).toBeLessThanOrEqual(DAY_MS);
  });

  test("prolongs its record with every call, a refused one too, and never shortens it", async () => {
    const { client, guard } = await fenced({ ttlMs: 600_000 });
    const left = () => client.pttl("fence:{document:7}");
    await guard.admit("document:7", 34);
    for (const [token, admitted] of [
      [34, true],
      [33, false],
      [35, true],
    ] as const) {
      await client.pexpire("fence:{document:7}", 1_000);
      expect(await guard.admit("document:7", token)).toBe(admitted);
      expect(await left()).toBeGreaterThan(500_000);
    }
    const brief = redisFence({ client, ttlMs: 1_000 });
    expect(await brief.admit("document:7", 36)).toBe(true);
    expect(await brief.admit("document:7", 35)).toBe(false);
    expect(await left()).toBeGreaterThan(500_000);
  });

  test("forgets a token when its time is over", async () => {
    const { client, guard } = await fenced({ ttlMs: 20 });
    await guard.admit("document:7", 34);
    await expect.poll(() => client.exists("fence:{document:7}")).toBe(0);
    expect(await guard.admit("document:7", 33)).toBe(true);
  });

  test("shares its memory with all guards of the same prefix, and with no other", async () => {
    const { server, client, guard } = await fenced();
    await guard.admit("document:7", 34);
    expect(await redisFence({ client: redisClient(server) }).admit("document:7", 33)).toBe(false);
    expect(await redisFence({ client, keyPrefix: "app:fence:" }).admit("document:7", 33)).toBe(true);
    expect(await client.exists("app:fence:{document:7}")).toBe(1);
  });

  test("does not mind a server that has forgotten its scripts", async () => {
    const { client, guard } = await fenced();
    for (const token of [33, 34]) {
      await client.script("FLUSH");
      expect(await guard.admit("document:7", token)).toBe(true);
      await client.script("FLUSH");
      expect(await guard.set("document:7", "text", token, 60_000)).toBe(true);
    }
  });

  test("works on a client that has not connected yet", async () => {
    const client = new Redis((await redisServer()).url, { lazyConnect: true });
    onTestFinished(() => client.disconnect());
    expect(await redisFence({ client }).admit("document:7", 33)).toBe(true);
  });

  test("works in a Redis Cluster, where value and record share a slot", async () => {
    const server = await startRedisCluster();
    onTestFinished(() => server.stop());
    const client = new Cluster([server.url]);
    onTestFinished(() => client.disconnect());
    const guard = redisFence({ client });
    for (const key of ["document:7", "{shelf:1}:document:7", "shelf:{1}", "{x}", "a{b"]) {
      expect(await guard.set(key, "text", 34, 60_000), key).toBe(true);
      expect(await guard.set(key, "late", 33, 60_000), key).toBe(false);
      expect(await guard.admit(key, 33), key).toBe(false);
      expect(await client.get(key), key).toBe("text");
    }
  });

  test("says that it has no answer, and why, at once when its server is away", async () => {
    const { server, client, guard } = await fenced();
    await guard.admit("document:7", 33);
    await server.kill();
    await expect.poll(() => client.status).not.toBe("ready");
    for (const call of [guard.admit("document:7", 34), guard.set("document:7", "text", 34, 60_000)]) {
      await expect(call).rejects.toMatchObject({
        code: "ERR_LOCK_UNAVAILABLE",
        key: "document:7",
        votes: [{ node: `127.0.0.1:${server.port}`, outcome: "unknown", reason: expect.any(String) }],
        cause: expect.any(Error),
      });
    }
  });

  test("says so when its record is no number, and lets nobody through", async () => {
    const { client, guard } = await fenced();
    await client.set("fence:{document:7}", "not ours");
    await expect(guard.admit("document:7", 34)).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      message: expect.stringContaining("fence:{document:7} holds no number"),
    });
    expect(await client.get("fence:{document:7}")).toBe("not ours");
  });

  const client = new Redis({ lazyConnect: true });
  const tearing = new Cluster(["redis://127.0.0.1:1"], { lazyConnect: true, keyPrefix: "app:" });
  test.each([
    ["options", undefined],
    ["client", {}],
    ["client", { client: memoryNode() }],
    ["client", { client: "redis://127.0.0.1:6379" }],
    ["client", { client: tearing }],
    ["keyPrefix", { client, keyPrefix: "" }],
    ["keyPrefix", { client, keyPrefix: "{app}:" }],
    ["keyPrefix", { client, keyPrefix: 7 }],
    ["ttlMs", { client, ttlMs: 0 }],
    ["ttlMs", { client, ttlMs: "1000" }],
    ['option "prefix"', { client, prefix: "app:" }],
  ])("refuses an option that is not usable: %s", (name, options) => {
    expect(() => redisFence(options as RedisFenceOptions)).toThrow(
      expect.objectContaining({
        code: "ERR_LOCK_INVALID_ARGUMENT",
        message: expect.stringMatching(`^${name} `),
      }),
    );
  });
});
