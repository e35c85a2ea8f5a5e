import { type Lease, memoryNode } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";
import { refused } from "./refused.js";

/** Every way in which braces, hash tags and the names that stand beside a lock could meet. */
const KEYS = [
  "a",
  "{a}",
  "{a",
  "a}",
  "}a{",
  "{}",
  "{}a",
  "{}{a}",
  "{{a}}",
  "{a}{a}",
  "{a}b",
  "b{a}",
  "{lock:a}",
  "lock:a",
  "lock:{a}",
  "fence",
  ":fence:",
  "{a}:fences",
  "{a}fence",
  "nodes",
  "redlock-kit",
  "redlock-kit:nodes:",
];

describe.each(["lock:", "", "{app}:", "{"])('with keyPrefix "%s"', (keyPrefix) => {
  test("keys with braces are locks of their own, on Redis as in memory", async () => {
    const client = redisClient(await redisServer());
    for (const nodes of [[client], [memoryNode()]]) {
      const [ours, theirs] = [lockManager({ nodes, keyPrefix }), lockManager({ nodes, keyPrefix })];
      const before = new Map<string, number>();
      for (let round = 0; round < 2; round++) {
        const leases: Lease[] = [];
        for (const key of KEYS) {
          const lease = await ours.tryAcquire(key);
          if (lease === null) return expect.unreachable(`${key} is held by the lock of another key`);
          leases.push(lease);
          expect(lease.fencingToken).toBeGreaterThan(before.get(key) ?? 0);
          before.set(key, lease.fencingToken);
        }
        for (const lease of leases) {
          expect(await theirs.inspect(lease.key), lease.key).toMatchObject({ token: lease.token });
          expect(await theirs.tryAcquire(lease.key), lease.key).toBeNull();
          expect(await lease.extend(), lease.key).toBe(lease);
        }
        for (const lease of leases) expect(await lease.release(), lease.key).toBe(true);
      }
    }
  });

  test("all of them at once are one lease", async () => {
    const client = redisClient(await redisServer());
    const lease = await lockManager({ nodes: [client], keyPrefix }).acquire(KEYS);
    expect(lease.keys).toEqual([...KEYS].sort());
    expect(await lease.release()).toBe(true);
    for (const key of KEYS) expect(await client.exists(keyPrefix + key)).toBe(0);
  });
});

test.each([
  ["lock:", "{a}:fence"],
  ["lock:", "a{b}c:fence"],
  ["", "{x}:fence"],
  ["{app}:", "a:fence"],
  ["{", "a}:fence"],
  ["lock:", "redlock-kit:nodes"],
  ["", "redlock-kit:nodes"],
])(
  'with keyPrefix "%s" a key "%s", which would stand where something of the kit does, is refused',
  async (keyPrefix, key) => {
    const client = redisClient(await redisServer());
    for (const node of [client, memoryNode()]) {
      const locks = lockManager({ nodes: [node], keyPrefix });
      const calls = [
        () => locks.acquire(key),
        () => locks.tryAcquire(["other", key]),
        () => locks.withLock(key, () => {}),
        () => locks.release(key, "t"),
        () => locks.extend(key, "t", 1_000),
        () => locks.inspect(key),
        () => locks.forceRelease(key),
      ];
      for (const call of calls)
        expect((await refused(call, "ERR_LOCK_INVALID_ARGUMENT")).message).toMatch(/^key.* must not/);
    }
    expect(await client.dbsize()).toBe(0);
  },
);
