import { createLockManager, type Lease, memoryNode } from "@redlock-kit/core";
import { manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";
import { refused } from "./refused.js";

const nobody = (): never => expect.unreachable("the work ran");

async function redis() {
  const client = redisClient(await redisServer());
  return { client, locks: lockManager({ nodes: [client] }), another: () => lockManager({ nodes: [client] }) };
}

describe("a signal that is aborted already", () => {
  test("refuses with its reason as cause, before anything is sent", async () => {
    const { client, locks } = await redis();
    for (const reason of [new Error("gone"), "a string", 0]) {
      const signal = AbortSignal.abort(reason);
      for (const call of [
        () => locks.acquire("seat", { signal }),
        () => locks.tryAcquire("seat", { signal }),
        () => locks.withLock("seat", nobody, { signal }),
      ]) {
        expect(await refused(call, "ERR_LOCK_ABORTED")).toMatchObject({ key: "seat", cause: reason });
      }
    }
    expect(await client.dbsize()).toBe(0);
  });

  test("comes after what is wrong with the arguments", async () => {
    const { locks } = await redis();
    await refused(() => locks.acquire("", { signal: AbortSignal.abort() }), "ERR_LOCK_INVALID_ARGUMENT");
  });
});

describe("work", () => {
  test("that is no function is refused before anything is sent", async () => {
    const { client, locks } = await redis();
    for (const work of [undefined, null, "work", {}, Promise.resolve("done")]) {
      const { message } = await refused(
        () => locks.withLock("seat", work as () => void),
        "ERR_LOCK_INVALID_ARGUMENT",
      );
      expect(message).toContain("work must be a function");
    }
    expect(await client.dbsize()).toBe(0);
  });

  test.each([new Error("own"), "a string", undefined, null, 0])(
    "that throws %o synchronously: it arrives unchanged",
    async (own) => {
      const { client, locks } = await redis();
      const outcome = await locks
        .withLock("seat", () => {
          throw own as Error;
        })
        .then(nobody, (error: unknown) => ({ error }));
      expect(outcome.error).toBe(own);
      expect(await client.exists("lock:seat")).toBe(0);
      expect(locks.stats()).toMatchObject({ held: 0, released: 1, lost: 0 });
    },
  );

  test("that gives a thenable is waited for, and one that throws in `then` is an error like any other", async () => {
    const { client, locks } = await redis();
    const thenable = (then: (resolve: (value: string) => void) => void) =>
      // oxlint-disable-next-line unicorn/no-thenable -- the subject
      Object.defineProperty({}, "then", { value: then }) as Promise<string>;
    const late = thenable((resolve) => void setImmediate(() => resolve("late")));
    expect(await locks.withLock("seat", () => late)).toBe("late");
    const own = new Error("own");
    const broken = thenable(() => {
      throw own;
    });
    await expect(locks.withLock("seat", () => broken)).rejects.toBe(own);
    expect(await client.exists("lock:seat")).toBe(0);
  });

  test("that asks for its own lock again is refused at once, and goes on under it", async () => {
    const { client, locks } = await redis();
    await locks.withLock(["a", "b"], async (lease) => {
      for (const key of ["a", ["a", "c"], ["c", "b"]]) {
        const error = await refused(() => locks.acquire(key, { waitMs: Infinity }), "ERR_LOCK_NESTED");
        expect(error.message).toContain('nested: "reenter"');
        await refused(() => locks.tryAcquire(key), "ERR_LOCK_NESTED");
        await refused(() => locks.withLock(key, nobody), "ERR_LOCK_NESTED");
      }
      expect(lease.valid).toBe(true);
      expect(await client.exists("lock:c")).toBe(0);
    });
    expect(await client.exists("lock:a", "lock:b")).toBe(0);
  });
});

describe("releasing", () => {
  test("twice is harmless, by the lease or by its token", async () => {
    const { client, locks } = await redis();
    const lease = await locks.acquire("seat");
    expect([await lease.release(), await lease.release()]).toEqual([true, true]);
    expect(await locks.release("seat", lease.token)).toBe(false);
    await lease[Symbol.asyncDispose]();
    expect(await client.exists("lock:seat")).toBe(0);
    expect(locks.stats()).toMatchObject({ held: 0, released: 1 });
  });

  test("somebody else's lock is refused and changes nothing", async () => {
    const { client, locks, another } = await redis();
    const lease = await locks.acquire("seat");
    const ttlMs = await client.pttl("lock:seat");
    for (const manager of [locks, another()]) {
      const error = await refused(() => manager.release("seat", "not it"), "ERR_LOCK_NOT_HOLDER");
      expect(error).toMatchObject({ key: "seat", message: expect.stringContaining('"seat"') });
      expect(error.message).not.toContain(lease.token);
    }
    expect(await client.get("lock:seat")).toBe(lease.token);
    expect(await client.pttl("lock:seat")).toBeLessThanOrEqual(ttlMs);
  });

  test("with keys of which one is somebody else's leaves that one alone", async () => {
    const { client, locks, another } = await redis();
    const lease = await locks.acquire(["a", "b"], { autoExtend: false });
    await client.del("lock:b");
    const theirs = await another().acquire("b");
    await locks.release(["a", "b"], lease.token).catch(() => {});
    expect(await client.get("lock:b")).toBe(theirs.token);
  });
});

test("extending after expiry is refused and brings nothing back", async () => {
  const clock = manualClock();
  const node = memoryNode({ clock });
  const locks = lockManager({ nodes: [node], clock, ttlMs: 1_000, autoExtend: false });
  const lease = await locks.acquire("seat");
  await clock.advance(1_000);
  await refused(() => lease.extend(), "ERR_LOCK_LOST");
  await refused(() => lease.extend(60_000), "ERR_LOCK_LOST");
  await refused(() => locks.extend("seat", lease.token, 60_000), "ERR_LOCK_NOT_HOLDER");
  await clock.advance(1);
  expect(node.size.locks).toBe(0);
  expect(locks.stats()).toMatchObject({ held: 0, lost: 1 });
});

describe("a manager that is closed", () => {
  test("refuses everything at once, whatever state its client is in, and leaves nothing behind", async () => {
    const { client, locks } = await redis();
    const lease: Lease = await locks.acquire("seat");
    await locks.close();
    const calls = [
      () => locks.acquire("seat"),
      () => locks.acquire("seat", { token: lease.token }),
      () => locks.tryAcquire("seat"),
      () => locks.withLock("seat", nobody),
      () => locks.release("seat", lease.token),
      () => locks.extend("seat", lease.token, 1_000),
      () => locks.inspect("seat"),
      () => locks.forceRelease("seat"),
    ];
    for (const call of calls) expect(await refused(call, "ERR_LOCK_CLOSED")).toMatchObject({ key: "seat" });
    await refused(() => lease.extend(), "ERR_LOCK_LOST");
    expect(await lease.release()).toBe(false);
    expect(locks.stats()).toMatchObject({ held: 0, waiting: 0 });
    expect(locks.currentLease()).toBeUndefined();
    expect(await client.exists("lock:seat")).toBe(0);
    expect(client.status).toBe("ready");
  });

  test("still names what is wrong with arguments first", async () => {
    const { locks } = await redis();
    await locks.close();
    await refused(() => locks.acquire(""), "ERR_LOCK_INVALID_ARGUMENT");
  });

  test("was waiting: its waiters are refused and what they asked for is not taken", async () => {
    const { client, locks, another } = await redis();
    const lease = await locks.acquire("seat");
    const theirs = another();
    const waiting = Array.from({ length: 5 }, () =>
      refused(() => theirs.acquire("seat", { waitMs: Infinity }), "ERR_LOCK_CLOSED"),
    );
    await expect.poll(() => theirs.stats().waiting).toBe(5);
    await Promise.all([theirs.close(), theirs.close(), lease.release()]);
    await Promise.all(waiting);
    expect(theirs.stats().waiting).toBe(0);
    await expect.poll(() => client.exists("lock:seat")).toBe(0);
  });

  test("was closed inside its own work: the work goes on, and the end comes after it", async () => {
    const { client, locks } = await redis();
    let closing: Promise<void> | undefined;
    const result = await locks.withLock("seat", async (lease) => {
      closing = locks.close();
      await refused(() => locks.acquire("other"), "ERR_LOCK_CLOSED");
      return lease.valid;
    });
    expect(result).toBe(true);
    await closing;
    expect(await client.exists("lock:seat", "lock:other")).toBe(0);
  });
});

test("a manager that was never used closes, twice", async () => {
  const locks = createLockManager({ nodes: [memoryNode()] });
  await locks.close();
  await locks.close();
});
