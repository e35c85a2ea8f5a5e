import {
  type AcquireOptions,
  createLockManager,
  exponentialBackoff,
  fixedDelay,
  limitAttempts,
  type LockManager,
  type LockManagerOptions,
  memoryNode,
} from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";
import { refused, thrown } from "./refused.js";

const TOO_LARGE = 2 ** 53;
const badLockOptions: [options: object, argument: string][] = [
  ...[0, -1, Number.NaN, Infinity, 1.5, TOO_LARGE, 1, "1000", 1000n, null, {}, true].map(
    (ttlMs): [object, string] => [{ ttlMs }, "ttlMs"],
  ),
  ...[-1, Number.NaN, -Infinity, TOO_LARGE, "1000", null].map((waitMs): [object, string] => [
    { waitMs },
    "waitMs",
  ]),
  ...[-1, Number.NaN, Infinity, 1.5, TOO_LARGE, "1"].map((minHoldMs): [object, string] => [
    { minHoldMs },
    "minHoldMs",
  ]),
  ...[-1, Number.NaN, TOO_LARGE, "1"].map((maxHoldMs): [object, string] => [{ maxHoldMs }, "maxHoldMs"]),
  ...[1, "yes", null].map((autoExtend): [object, string] => [{ autoExtend }, "autoExtend"]),
  ...[5, {}, "exponential", null].map((retry): [object, string] => [{ retry }, "retry"]),
];

const badCallOptions: [options: object, argument: string][] = [
  ...badLockOptions,
  ...["", 5, "x".repeat(513), "\ud83d", null].map((token): [object, string] => [{ token }, "token"]),
  ...[{}, { aborted: false }, "signal", null].map((signal): [object, string] => [{ signal }, "signal"]),
  ...["shared", "", null].map((mode): [object, string] => [{ mode }, "mode"]),
  ...[5, {}, null].map((owner): [object, string] => [{ owner }, "owner"]),
  ...[true, "allow", null].map((nested): [object, string] => [{ nested }, "nested"]),
  [{ ttl: 1_000 }, '"ttl"'],
  [{ timeout: 1_000 }, '"timeout"'],
  [{ retryCount: 3 }, '"retryCount"'],
  [{ nodes: [] }, '"nodes"'],
  [{ ttlMS: undefined }, '"ttlMS"'],
];

describe("one lock's options", () => {
  const calls: Record<string, (locks: LockManager, options: AcquireOptions) => Promise<unknown>> = {
    acquire: (locks, options) => locks.acquire("seat", options),
    tryAcquire: (locks, options) => locks.tryAcquire("seat", options),
    withLock: (locks, options) => locks.withLock("seat", () => expect.unreachable("the work ran"), options),
  };

  test.each(Object.entries(calls))(
    "of %s are refused by their names, and nothing is left behind",
    async (_, call) => {
      const client = redisClient(await redisServer());
      const locks = lockManager({ nodes: [client] });
      for (const [options, argument] of badCallOptions) {
        const { message } = await refused(() => call(locks, options), "ERR_LOCK_INVALID_ARGUMENT");
        expect(message, `${String(Object.values(options)[0])}`).toContain(`${argument} `);
      }
      for (const options of [null, 5, "options", () => {}, []]) {
        const { message } = await refused(() => call(locks, options as object), "ERR_LOCK_INVALID_ARGUMENT");
        expect(message).toContain("options must be an object");
      }
      expect(await client.dbsize()).toBe(0);
    },
  );

  test("onLost is withLock's alone, and one of two words", async () => {
    const locks = lockManager({ nodes: [memoryNode()] });
    const work = (): never => expect.unreachable("the work ran");
    for (const onLost of ["reject", true, null]) {
      const { message } = await refused(
        () => locks.withLock("seat", work, { onLost: onLost as "throw" }),
        "ERR_LOCK_INVALID_ARGUMENT",
      );
      expect(message).toContain("onLost must be");
    }
    const { message } = await refused(
      () => locks.acquire("seat", { onLost: "throw" } as AcquireOptions),
      "ERR_LOCK_INVALID_ARGUMENT",
    );
    expect(message).toContain('"onLost" is not known');
  });
});

describe("a manager's options", () => {
  test.each<[options: object, argument: string]>([
    ...badLockOptions.filter(([options]) => Object.values(options)[0] !== null),
    ...[5, "\ud83d", "x".repeat(257)].map((keyPrefix): [object, string] => [{ keyPrefix }, "keyPrefix"]),
    ...[0, -1, Number.NaN, Infinity, "1"].map((nodeTimeoutMs): [object, string] => [
      { nodeTimeoutMs },
      "nodeTimeoutMs",
    ]),
    ...[-0.1, 0.6, Number.NaN, "1"].map((driftFactor): [object, string] => [{ driftFactor }, "driftFactor"]),
    ...[5, "uuid"].map((generateToken): [object, string] => [{ generateToken }, "generateToken"]),
    ...[-1, 1.5, Number.NaN, "1"].map((maxWaiters): [object, string] => [{ maxWaiters }, "maxWaiters"]),
    ...[-1, Number.NaN].map((restartQuarantineMs): [object, string] => [
      { restartQuarantineMs },
      "restartQuarantineMs",
    ]),
    ...[-1, 1000.25, Number.NaN].map((maxSkewMs): [object, string] => [{ maxSkewMs }, "maxSkewMs"]),
    ...[-1, 1.5].map((lockDelayMs): [object, string] => [{ lockDelayMs }, "lockDelayMs"]),
    ...[{}, 5, { monotonic: () => 0 }].map((clock): [object, string] => [{ clock }, "clock"]),
    [{ prefix: "lock:" }, '"prefix"'],
    [{ token: "t" }, '"token"'],
  ])("%o is refused by its name", (options, argument) => {
    const make = () => createLockManager({ nodes: [memoryNode()], ...options });
    expect(thrown(make, "ERR_LOCK_INVALID_ARGUMENT").message).toContain(`${argument} `);
  });

  test("that are none are refused", () => {
    const none: unknown[] = [undefined, null, 5, "redis://localhost", () => {}];
    for (const options of none) {
      const make = () => createLockManager(options as LockManagerOptions);
      expect(thrown(make, "ERR_LOCK_INVALID_ARGUMENT").message).toContain("options must be an object");
    }
  });
});

test("release, extend and close name what is wrong", async () => {
  const client = redisClient(await redisServer());
  const locks = lockManager({ nodes: [client] });
  for (const token of ["", undefined, null, 5, "\ud83d", "x".repeat(513)] as string[]) {
    for (const call of [() => locks.release("seat", token), () => locks.extend("seat", token, 1_000)]) {
      expect((await refused(call, "ERR_LOCK_INVALID_ARGUMENT")).message).toContain("token must be");
    }
  }
  const lease = await locks.acquire("seat");
  const size = await client.dbsize();
  for (const ttlMs of [0, -1, Number.NaN, Infinity, 1.5, TOO_LARGE, "1000", null] as number[]) {
    for (const call of [() => locks.extend("seat", lease.token, ttlMs), () => lease.extend(ttlMs)]) {
      expect((await refused(call, "ERR_LOCK_INVALID_ARGUMENT")).message).toContain("ttlMs ");
    }
  }
  for (const graceMs of [-1, Number.NaN, "1"] as number[]) {
    const call = () => locks.close({ graceMs });
    expect((await refused(call, "ERR_LOCK_INVALID_ARGUMENT")).message).toContain("graceMs must be");
  }
  expect(lease.valid).toBe(true);
  expect(await client.dbsize()).toBe(size);
  await locks.close();
});

describe("what is pluggable", () => {
  test("a strategy whose delay is no delay is refused by its name", async () => {
    const client = redisClient(await redisServer());
    const locks = lockManager({ nodes: [client] });
    await locks.acquire("seat");
    for (const delay of [undefined, Number.NaN, -1, "10", {}, Promise.resolve(10)]) {
      const retry = () => delay as number;
      const { message } = await refused(() => locks.acquire("seat", { retry }), "ERR_LOCK_INVALID_ARGUMENT");
      expect(message).toContain("retry ");
    }
    expect(locks.stats().waiting).toBe(0);
  });

  test("what a strategy or a generator throws arrives unchanged, and leaves nothing behind", async () => {
    const client = redisClient(await redisServer());
    const own = new Error("not today");
    const fail = (): never => {
      throw own;
    };
    const locks = lockManager({ nodes: [client], generateToken: (key) => (key === "seat" ? fail() : "t") });
    await expect(locks.acquire("seat")).rejects.toBe(own);
    await expect(locks.tryAcquire("seat")).rejects.toBe(own);
    expect(await client.dbsize()).toBe(0);
    await locks.acquire("other");
    await expect(locks.acquire("other", { retry: fail, token: "another" })).rejects.toBe(own);
    expect(locks.stats()).toMatchObject({ held: 1, waiting: 0 });
  });

  test("a generator whose token is no token is refused", async () => {
    const client = redisClient(await redisServer());
    for (const token of ["", undefined, 5, Promise.resolve("t"), "x".repeat(513)]) {
      const locks = lockManager({ nodes: [client], generateToken: () => token as string });
      expect((await refused(() => locks.acquire("seat"), "ERR_LOCK_INVALID_ARGUMENT")).message).toMatch(
        /token/i,
      );
    }
    expect(await client.dbsize()).toBe(0);
  });

  test("the strategies of the kit refuse delays and numbers of attempts that are none", () => {
    for (const [make, argument] of [
      [() => fixedDelay(-1), "delayMs"],
      [() => fixedDelay(Number.NaN), "delayMs"],
      [() => fixedDelay(10, -1), "jitterMs"],
      [() => exponentialBackoff({ minMs: -1 }), "minMs"],
      [() => exponentialBackoff({ minMs: 100, maxMs: 10 }), "maxMs"],
      [() => exponentialBackoff({ factor: 0.5 }), "factor"],
      [() => exponentialBackoff({ factor: Number.NaN }), "factor"],
      [() => limitAttempts(fixedDelay(1), 0), "attempts"],
      [() => limitAttempts(fixedDelay(1), 1.5), "attempts"],
      [() => limitAttempts(undefined as never, 1), "strategy"],
    ] as const) {
      expect(thrown(make, "ERR_LOCK_INVALID_ARGUMENT").message).toContain(`${argument} must be`);
    }
  });
});
