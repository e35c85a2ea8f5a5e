import { redisFence } from "@redlock-kit/core/fencing";
import { expect, test } from "vitest";
import { redisClient, redisServer } from "../support/this-test.js";

async function fenced() {
  const client = redisClient(await redisServer());
  return { client, guard: redisFence({ client }) };
}

test("a fenced value is a plain string that lives for its ttl", async () => {
  const { client, guard } = await fenced();
  const text = 'ä "quoted"\n\0 %s';
  expect(await guard.set("document:7", text, 33, 60_000)).toBe(true);
  expect(await client.get("document:7")).toBe(text);
  expect(await client.pttl("document:7")).toBeGreaterThan(30_000);
  expect(await client.pttl("document:7")).toBeLessThanOrEqual(60_000);
  expect(await guard.set("document:7", "", 33, 600_000)).toBe(true);
  expect(await client.get("document:7")).toBe("");
  expect(await client.pttl("document:7")).toBeGreaterThan(60_000);
});

test("a stale write changes nothing, neither the value nor its ttl", async () => {
  const { client, guard } = await fenced();
  await guard.set("document:7", "the newer one's", 34, 60_000);
  expect(await guard.set("document:7", "late", 33, 600_000)).toBe(false);
  expect(await client.get("document:7")).toBe("the newer one's");
  expect(await client.pttl("document:7")).toBeLessThanOrEqual(60_000);
});

test("admit and set of one key know of each other", async () => {
  const { client, guard } = await fenced();
  await guard.admit("document:7", 34);
  expect(await guard.set("document:7", "late", 33, 60_000)).toBe(false);
  expect(await client.exists("document:7")).toBe(0);
  expect(await guard.set("document:7", "newer", 35, 60_000)).toBe(true);
  expect(await guard.admit("document:7", 34)).toBe(false);
});

test("the fence outlives its value, which others may also delete", async () => {
  const { client, guard } = await fenced();
  await guard.set("document:7", "brief", 34, 1);
  await expect.poll(() => client.exists("document:7")).toBe(0);
  expect(await guard.set("document:7", "late", 33, 60_000)).toBe(false);
});

test("what the key held before is replaced, of whatever type it was", async () => {
  const { client, guard } = await fenced();
  await client.rpush("document:7", "a list");
  expect(await guard.set("document:7", "text", 33, 60_000)).toBe(true);
  expect(await client.get("document:7")).toBe("text");
});

test.each([
  ["key", ["", "text", 33, 60_000]],
  ["key", ["a}b", "text", 33, 60_000]],
  ["key", ["fence:{document:7}", "text", 33, 60_000]],
  ["value", ["document:7", 7, 33, 60_000]],
  ["value", ["document:7", undefined, 33, 60_000]],
  ["fencingToken", ["document:7", "text", "33", 60_000]],
  ["ttlMs", ["document:7", "text", 33]],
  ["ttlMs", ["document:7", "text", 33, 0]],
  ["ttlMs", ["document:7", "text", 33, 0.5]],
])("nothing is written for an argument that is not usable: %s", async (name, args) => {
  const { client, guard } = await fenced();
  await expect(guard.set(...(args as Parameters<typeof guard.set>))).rejects.toMatchObject({
    code: "ERR_LOCK_INVALID_ARGUMENT",
    message: expect.stringMatching(`^${name} `),
  });
  expect(await client.dbsize()).toBe(0);
});
