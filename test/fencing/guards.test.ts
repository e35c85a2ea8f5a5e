import { isLockError } from "@redlock-kit/core";
import { type FenceGuard, memoryFence, redisFence } from "@redlock-kit/core/fencing";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.js";

let server: RedisServer;
let client: Redis;
let client5: Redis5;

beforeAll(async () => {
  server = await startRedis();
  client = new Redis(server.url);
  client5 = new Redis5(server.url);
});

afterAll(async () => {
  client?.disconnect();
  client5?.disconnect();
  await server?.stop();
});

let made = 0;
const guards: Record<string, () => FenceGuard> = {
  "in memory": memoryFence,
  "in Redis": () => redisFence({ client, keyPrefix: `fence-${++made}:` }),
  "in Redis, by ioredis 5": () => redisFence({ client: client5, keyPrefix: `fence-${++made}:` }),
};

describe.each(Object.entries(guards))("a guard %s", (_, makeGuard) => {
  test("admits the first token, the same again, and newer ones", async () => {
    const guard = makeGuard();
    for (const token of [33, 33, 34, 40, 40]) expect(await guard.admit("document:7", token)).toBe(true);
  });

  test("refuses every token that is older than the newest, however often it comes", async () => {
    const guard = makeGuard();
    await guard.admit("document:7", 40);
    for (const token of [39, 1, 39, 39]) expect(await guard.admit("document:7", token)).toBe(false);
    expect(await guard.admit("document:7", 40)).toBe(true);
  });

  test("compares numbers, not their digits", async () => {
    const guard = makeGuard();
    for (const token of [9, 10, 99, 100]) expect(await guard.admit("document:7", token)).toBe(true);
    expect(await guard.admit("document:7", 99)).toBe(false);
  });

  test("tells the largest tokens apart", async () => {
    const guard = makeGuard();
    const largest = Number.MAX_SAFE_INTEGER;
    expect(await guard.admit("document:7", largest - 1)).toBe(true);
    expect(await guard.admit("document:7", largest - 2)).toBe(false);
    expect(await guard.admit("document:7", largest)).toBe(true);
    expect(await guard.admit("document:7", largest - 1)).toBe(false);
  });

  test("knows each resource by itself, however alike their names are", async () => {
    const guard = makeGuard();
    const names = ["x", "{x}", "{x}x", "{{x}", "{x", "fence:{x}", "X", " x", "x\n", "ẋ", "__proto__"];
    for (const [i, name] of names.entries()) expect(await guard.admit(name, 100 - i), name).toBe(true);
    for (const [i, name] of names.entries()) expect(await guard.admit(name, 99 - i), name).toBe(false);
  });

  test("can throw: the error names the resource, the stale token and the newer one", async () => {
    const guard = makeGuard();
    expect(await guard.admitOrThrow("document:7", 34)).toBeUndefined();
    expect(await guard.admitOrThrow("document:7", 34)).toBeUndefined();
    const error: unknown = await guard.admitOrThrow("document:7", 33).catch((thrown: unknown) => thrown);
    expect(isLockError(error, "ERR_LOCK_LOST")).toBe(true);
    expect(error).toMatchObject({
      key: "document:7",
      message: expect.stringMatching(/33.*"document:7".*34/),
    });
    // It remembers like admit.
    expect(await guard.admit("document:7", 33)).toBe(false);
  });

  test.each([
    [0, -1, 1.5, 2 ** 53, NaN, Infinity],
    ["33", null, undefined, 33n, {}, true],
  ])("refuses what is no fencing token: %j, …", async (...tokens) => {
    const guard = makeGuard();
    for (const token of tokens as number[]) {
      const refused = { code: "ERR_LOCK_INVALID_ARGUMENT", message: expect.stringMatching(/^fencingToken /) };
      await expect(guard.admit("document:7", token)).rejects.toMatchObject(refused);
      await expect(guard.admitOrThrow("document:7", token)).rejects.toMatchObject(refused);
    }
    expect(await guard.admit("document:7", 1)).toBe(true);
  });

  test("refuses what is no name of a resource", async () => {
    const guard = makeGuard();
    for (const name of ["", "\ud800", "a\0b", "a}b", "{}", "x".repeat(1025), 7, null, ["x"]] as string[]) {
      const refused = { code: "ERR_LOCK_INVALID_ARGUMENT", message: expect.stringMatching(/^resource /) };
      await expect(guard.admit(name, 33), name).rejects.toMatchObject(refused);
      await expect(guard.admitOrThrow(name, 33), name).rejects.toMatchObject(refused);
    }
  });
});
