import { createLockManager, type LockKeys, type LockManager } from "@redlock-kit/core";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisServer, startRedisCluster } from "../support/redis-server.js";
import { refused, thrown } from "./refused.js";

let server: RedisServer;
let cluster: Cluster;
let client: Redis;
let locks: LockManager;

beforeAll(async () => {
  server = await startRedisCluster();
  cluster = new Cluster([server.url]);
  client = new Redis(server.url);
  locks = createLockManager({ nodes: [cluster] });
});
afterAll(async () => {
  await locks.close();
  cluster.disconnect();
  client.disconnect();
  await server.stop();
});

/** How many commands a refused call sent to the server, beside those that count them. */
async function sentBy(call: () => Promise<unknown>): Promise<number> {
  await client.config("RESETSTAT");
  await call();
  const stats = await client.info("commandstats");
  return [...stats.matchAll(/cmdstat_(?:evalsha|eval|get|set|del):calls=(\d+)/g)].length;
}

const together: [description: string, key: LockKeys][] = [
  ["keys of different slots", ["order:1", "order:2"]],
  ["keys of different hash tags", ["{order:1}:paid", "{order:2}:paid"]],
  ["a key with a hash tag and one without", ["{order:1}:paid", "order:1"]],
];

describe.each(together)("in a Cluster %s", (_description, key) => {
  test("are refused as one lock before anything is sent, with what to do about it", async () => {
    const calls = [
      () => locks.acquire(key),
      () => locks.tryAcquire(key),
      () => locks.withLock(key, () => expect.unreachable("the work ran")),
      () => locks.release(key, "t"),
      () => locks.extend(key, "t", 1_000),
      () => locks.forceRelease(key),
    ];
    const sent = await sentBy(async () => {
      for (const call of calls) {
        const { message } = await refused(call, "ERR_LOCK_INVALID_ARGUMENT");
        expect(message).toContain("different Redis Cluster slots");
        expect(message).toMatch(/"\{order:7\}/); // an example of a hash tag
      }
    });
    expect(sent).toBe(0);
  });

  test("are fine one by one", async () => {
    for (const one of key) expect(await locks.withLock(one, (lease) => lease.valid)).toBe(true);
  });
});

test("in a Cluster a key whose counter could not share its slot is refused before anything is sent", async () => {
  const sent = await sentBy(async () => {
    for (const key of ["a}b", "{}a", "}{", "a}{b"]) {
      for (const call of [
        () => locks.acquire(key),
        () => locks.inspect(key),
        () => locks.forceRelease(key),
      ]) {
        expect((await refused(call, "ERR_LOCK_INVALID_ARGUMENT")).message).toContain("Redis Cluster");
      }
    }
  });
  expect(sent).toBe(0);
});

test("in a Cluster keys of one hash tag are one lock, and its counters are where the locks are", async () => {
  const keys = ["{order:9}:paid", "{order:9}:sent"];
  const lease = await locks.acquire(keys);
  const written = await client.keys("*order:9}*");
  const slots = await Promise.all(written.map((key) => client.cluster("KEYSLOT", key)));
  expect(written).toHaveLength(4);
  expect(new Set(slots).size).toBe(1);
  expect(await lease.release()).toBe(true);
});

test("a Cluster client with a keyPrefix of its own, which would tear keys apart, is refused", () => {
  const prefixed = new Cluster([server.url], { keyPrefix: "app:", lazyConnect: true });
  const make = () => createLockManager({ nodes: [prefixed] });
  expect(thrown(make, "ERR_LOCK_INVALID_ARGUMENT").message).toContain(
    "nodes[0] is a Cluster client with a keyPrefix",
  );
  prefixed.disconnect();
});
