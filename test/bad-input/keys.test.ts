import type { LockKeys, LockManager } from "@redlock-kit/core";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";
import { refused, thrown } from "./refused.js";

const KEY_METHODS: Record<string, (locks: LockManager, key: LockKeys) => Promise<unknown>> = {
  acquire: (locks, key) => locks.acquire(key),
  tryAcquire: (locks, key) => locks.tryAcquire(key),
  withLock: (locks, key) => locks.withLock(key, () => expect.unreachable("the work ran")),
  release: (locks, key) => locks.release(key, "token"),
  extend: (locks, key) => locks.extend(key, "token", 1_000),
  forceRelease: (locks, key) => locks.forceRelease(key),
  inspect: (locks, key) => locks.inspect(key as string),
};

async function redis(): Promise<{ locks: LockManager; client: Redis }> {
  const client = redisClient(await redisServer());
  return { locks: lockManager({ nodes: [client] }), client };
}

const badKeys: [description: string, key: unknown, problem: string][] = [
  ["an empty string", "", "must not be empty"],
  ["10 MB", "x".repeat(10 * 2 ** 20), "must be at most 1024 bytes in UTF-8, not 10485760"],
  ["1025 bytes", "x".repeat(1025), "must be at most 1024 bytes"],
  ["1026 bytes in 513 characters", "é".repeat(513), "must be at most 1024 bytes"],
  ["a null character", "seat\0", "must not have null characters"],
  ["a lone high surrogate", "seat\ud83d", "must not have lone surrogates"],
  ["a lone low surrogate", "\udd12seat", "must not have lone surrogates"],
  ["undefined", undefined, "must be a string"],
  ["null", null, "must be a string"],
  ["a number", 7, "must be a string"],
  ["NaN", Number.NaN, "must be a string"],
  ["a bigint", 7n, "must be a string"],
  ["true", true, "must be a string"],
  ["a symbol", Symbol("seat"), "must be a string"],
  ["an object", { key: "seat" }, "must be a string"],
  ["a String object", new String("seat"), "must be a string"],
  ["bytes", Buffer.from("seat"), "must be a string"],
  ["a function", () => "seat", "must be a string"],
  ["a Set", new Set(["seat"]), "must be a string"],
  ["an array-like object", { 0: "seat", length: 1 }, "must be a string"],
];

const badArrays: [description: string, key: unknown, argument: string][] = [
  ["an empty array", [], "key must not be an empty array"],
  ["a sparse array", Object.assign(["a"], { 2: "b" }), "key[1] must be a string"],
  ["an array of nothing but holes", Object.assign([], { length: 3 }), "key[0] must be a string"],
  ["257 keys", Array.from({ length: 257 }, (_, i) => `seat:${i}`), "key must be at most 256 keys"],
  ["an array in an array", ["a", ["b"]], "key[1] must be a string"],
  ...badKeys.map(([description, key, problem]): [string, unknown, string] => [
    `an array with ${description}`,
    ["a", "b", key],
    `key[2] ${problem}`,
  ]),
];

describe.each(Object.entries(KEY_METHODS))("%s", (name, call) => {
  test("refuses a key that is no key, by its name, and leaves nothing behind", async () => {
    const { locks, client } = await redis();
    for (const [description, key, problem] of badKeys) {
      const { message } = await refused(() => call(locks, key as string), "ERR_LOCK_INVALID_ARGUMENT");
      expect(message, description).toContain(`key ${problem}`);
    }
    expect(await client.dbsize()).toBe(0);
  });

  test("refuses a list with something in it that is no key", async () => {
    const { locks, client } = await redis();
    for (const [description, key, problem] of badArrays) {
      const { message } = await refused(() => call(locks, key as string[]), "ERR_LOCK_INVALID_ARGUMENT");
      expect(message, description).toContain(name === "inspect" ? "key must be a string" : problem);
    }
    expect(await client.dbsize()).toBe(0);
  });
});

test("assertLocked and currentLease refuse what is no key", async () => {
  const { locks } = await redis();
  for (const [description, key, problem] of badKeys) {
    const asserted = thrown(() => locks.assertLocked(key as string), "ERR_LOCK_INVALID_ARGUMENT");
    expect(asserted.message, description).toContain(`key ${problem}`);
    if (key === undefined) continue; // currentLease() asks for the innermost lease
    const asked = thrown(() => locks.currentLease(key as string), "ERR_LOCK_INVALID_ARGUMENT");
    expect(asked.message, description).toContain(`key ${problem}`);
  }
});

test("a list that the caller changes afterwards is the list that it was", async () => {
  const { locks, client } = await redis();
  const keys = ["b", "a"];
  const acquiring = locks.acquire(keys);
  keys.push("c");
  keys[0] = "";
  const lease = await acquiring;
  expect(lease.keys).toEqual(["a", "b"]);
  expect((await client.keys("lock:*")).sort()).toEqual(["lock:a", "lock:b"]);
  expect(await lease.release()).toBe(true);
});

test("1024 bytes, surrogate pairs and 256 keys are fine", async () => {
  const { locks } = await redis();
  for (const key of ["x".repeat(1024), "é".repeat(512), "🔒".repeat(256)]) {
    expect(await locks.withLock(key, (lease) => lease.key)).toBe(key);
  }
  const many = Array.from({ length: 256 }, (_, i) => `seat:${i}`);
  expect(await locks.withLock(many, (lease) => lease.keys.length)).toBe(256);
});
