import type { LockError } from "@redlock-kit/core";
import type { FaultyNode } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

describe("closing a manager", () => {
  test("releases what it holds and tells the holders", async () => {
    const { clock, locks, holders } = await cluster(3);
    const lease = await locks.acquire(["a", "b"]);
    const { signal } = lease;
    await locks.close();
    expect([await holders("a"), await holders("b")]).toEqual([0, 0]);
    expect([lease.valid, signal.aborted]).toEqual([false, true]);
    expect(signal.reason).toEqual(lockError("ERR_LOCK_LOST"));
    await clock.advance(0);
    expect(clock.timers).toBe(0);
  });

  test("sends waiters away", async () => {
    const { clock, locks, another, holders } = await cluster(3);
    const other = await another().acquire("k");
    const waiting = [locks.acquire("k", { waitMs: Number.POSITIVE_INFINITY }), locks.withLock("k", () => 1)];
    await clock.advance(1_000);
    await locks.close();
    expect(await Promise.all(waiting.map(stateOf))).toEqual(["ERR_LOCK_CLOSED", "ERR_LOCK_CLOSED"]);
    expect([locks.stats().waiting, await holders("k", other.token)]).toEqual([0, 3]);
  });

  test("refuses everything from then on", async () => {
    const { locks } = await cluster(3);
    const closing = locks.close();
    const refused = [
      locks.acquire("k"),
      locks.tryAcquire("k"),
      locks.withLock("k", () => 1),
      locks.release("k", "token"),
      locks.extend("k", "token", 1_000),
      locks.inspect("k"),
      locks.forceRelease("k"),
    ];
    for (const one of refused) await expect(one).rejects.toThrow(lockError("ERR_LOCK_CLOSED"));
    await closing;
  });

  test("is idempotent, and the same as disposing", async () => {
    const { locks } = await cluster(3);
    await Promise.all([locks.close(), locks.close(), locks[Symbol.asyncDispose]()]);
    await locks.close();
  });

  test("gives back what an attempt that is under way wins", async () => {
    const { clock, nodes, locks, holders } = await cluster(3);
    for (const node of nodes) node.faults.delay("replies", 300, "grant");
    const acquiring = locks.acquire("k");
    await clock.advance(100);
    const closing = locks.close();
    await clock.advance(2_000);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_CLOSED");
    expect(await stateOf(closing)).toBe("fulfilled");
    expect(await holders("k")).toBe(0);
  });

  test("ends although every node is silent", async () => {
    const { clock, nodes, locks } = await cluster(3);
    await locks.acquire("a");
    for (const node of nodes) node.faults.lose("requests");
    const acquiring = locks.acquire("b");
    const closing = locks.close();
    await clock.advance(5_000);
    expect([await stateOf(acquiring), await stateOf(closing)]).toEqual(["ERR_LOCK_CLOSED", "fulfilled"]);
    expect(clock.timers).toBe(0);
  });

  test.each([-1, Number.NaN, "5"])("with a grace of %s is refused", async (graceMs) => {
    const { locks } = await cluster(1);
    await expect(locks.close({ graceMs: graceMs as number })).rejects.toThrow(
      lockError("ERR_LOCK_INVALID_ARGUMENT"),
    );
    expect((await locks.acquire("k")).valid).toBe(true);
  });
});

describe("work that runs while its manager is closed", () => {
  test("keeps its lock and finishes within the grace period", async () => {
    const { clock, locks, holders } = await cluster(3);
    const work = locks.withLock("k", async (lease) => {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 20_000));
      return lease.valid;
    });
    await clock.advance(0);
    const closing = locks.close({ graceMs: 30_000 });
    await clock.advance(19_000);
    expect([await stateOf(closing), await holders("k")]).toEqual(["pending", 3]);
    await clock.advance(1_000);
    expect(await work).toBe(true);
    expect([await stateOf(closing), await holders("k")]).toEqual(["fulfilled", 0]);
  });

  test("loses its lock at the end of the grace period, and is told", async () => {
    const { clock, locks, holders } = await cluster(3);
    let told: unknown;
    const work = locks.withLock("k", ({ signal }) => {
      signal.addEventListener("abort", () => (told = signal.reason));
      return new Promise<void>((resolve) => void clock.setTimer(resolve, 60_000));
    });
    await clock.advance(0);
    const closing = locks.close({ graceMs: 5_000 });
    await clock.advance(4_900);
    expect([told, await holders("k")]).toEqual([undefined, 3]);
    await clock.advance(200);
    expect([told, await holders("k")]).toEqual([lockError("ERR_LOCK_LOST"), 0]);
    expect(await stateOf(closing)).toBe("fulfilled");
    await clock.advance(60_000);
    expect(await stateOf(work)).toBe("ERR_LOCK_LOST");
  });

  test("is never started under a lease that closing has taken away", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { locks, clock } = await cluster(1);
      let validAtStart: boolean | undefined;
      const work = locks.withLock("k", (lease) => void (validAtStart = lease.valid));
      const settled = work.then(
        () => "ran",
        (error: unknown) => (error as LockError).code,
      );
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const closing = locks.close();
      await clock.advance(0);
      expect([validAtStart, await settled]).toEqual(
        validAtStart === undefined ? [undefined, "ERR_LOCK_CLOSED"] : [true, "ran"],
      );
      await closing;
    }
  });

  test("can't take further locks", async () => {
    const { clock, locks } = await cluster(1);
    const work = locks.withLock("a", async () => {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 100));
      return locks.withLock("b", () => "second");
    });
    await clock.advance(0);
    const closing = locks.close();
    await clock.advance(200);
    expect(await stateOf(work)).toBe("ERR_LOCK_CLOSED");
    await closing;
  });
});

describe("a manager that closes", () => {
  test("keeps a key for the rest of its minHoldMs", async () => {
    const { clock, locks, another } = await cluster(3);
    await locks.acquire("nightly", { minHoldMs: 30_000 });
    await clock.advance(10_000);
    await locks.close();
    const next = another();
    expect(await next.tryAcquire("nightly")).toBeNull();
    await clock.advance(19_500);
    expect(await next.tryAcquire("nightly")).toBeNull();
    await clock.advance(1_000);
    expect((await next.tryAcquire("nightly"))?.valid).toBe(true);
  });

  test("takes over no lease, and leaves it to its holder", async () => {
    const { clock, nodes, locks, another, holders } = await cluster(3);
    const lease = await another().acquire("k");
    for (const node of nodes) node.faults.delay("replies", 50);
    const takingOver = locks.extend("k", lease.token, 60_000);
    const closing = locks.close();
    await clock.advance(500);
    expect([await stateOf(takingOver), await stateOf(closing)]).toEqual(["ERR_LOCK_CLOSED", "fulfilled"]);
    expect([locks.stats().held, lease.valid, await holders("k", lease.token)]).toEqual([0, true, 3]);
  });
});

test("what is asked of a silent node settles when the manager is closed, though the node never answers", async () => {
  const c = await cluster(1);
  // A client of the user's: closing the manager does not end it.
  const [node] = c.connect().map((each) => ({ ...each, close: async () => {} }));
  const locks = c.another({ waitMs: 0 }, [node] as FaultyNode[]);
  await (await locks.acquire("warm up")).release();
  node?.faults.lose("requests");
  const first = stateOf(locks.acquire("k"));
  // Silent by then, and due to be tried again.
  await c.clock.advance(2_500);
  await first;
  const asked = expect(locks.inspect("k")).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
  await locks.close();
  await asked;
});
