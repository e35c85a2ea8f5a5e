import { Redis } from "ioredis";
import { createLockManager } from "@redlock-kit/core";
import { expect, onTestFinished, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";

const keysOf = (states: readonly { readonly key: string }[]): string[] => states.map(({ key }) => key);

test("every lock is found among thousands of other keys, in pages", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  const others = Array.from({ length: 5_000 }, (_, i) => [`other:${i}`, "1"]).flat();
  await client.mset(...others);
  const locks = lockManager({ nodes: [client] });
  const keys = Array.from({ length: 300 }, (_, i) => `seat:${i}`).sort();
  await Promise.all(keys.map((key) => locks.acquire(key)));
  expect(keysOf(await locks.list({ limit: 1_000 }))).toEqual(keys);
  expect(keysOf(await locks.list({ pattern: "seat:29?" }))).toEqual(keys.filter((key) => /:29./.test(key)));
  expect(await locks.list()).toHaveLength(100);
});

test("without a prefix neither counters nor queues nor other things are taken for locks", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  await client.hset("{seat}", "field", "value");
  const locks = lockManager({ nodes: [client], keyPrefix: "" });
  const lease = await locks.acquire("{seat}:1");
  const waiting = lockManager({ nodes: [client], keyPrefix: "" }).acquire("{seat}:1", { waitMs: 10_000 });
  await expect.poll(() => client.exists("{seat}:1:queue")).toBe(1);
  expect(keysOf(await locks.list())).toEqual(["{seat}:1"]);
  await lease.release();
  await waiting;
});

test("the prefix of a client is its own business, and means itself", async () => {
  const server = await redisServer();
  const client = new Redis(server.url, { keyPrefix: "[app]*:" });
  onTestFinished(() => client.disconnect());
  const locks = createLockManager({ nodes: [client] });
  onTestFinished(() => locks.close());
  await locks.acquire("seat:A1");
  expect(keysOf(await locks.list({ pattern: "seat:*" }))).toEqual(["seat:A1"]);
});

test("a server that allows no SCAN says so", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  await client.call("acl", "setuser", "default", "-scan");
  const locks = lockManager({ nodes: [client] });
  await locks.acquire("seat:A1");
  await expect(locks.list()).rejects.toMatchObject({
    code: "ERR_LOCK_UNAVAILABLE",
    message: expect.stringMatching(/NOPERM.*scan/),
  });
});
