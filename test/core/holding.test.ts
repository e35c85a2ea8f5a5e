import { describe, expect, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

describe("the shortest hold", () => {
  test("keeps the lock from everybody for the remainder after an early release", async () => {
    const { clock, locks, another } = await cluster(3);
    const lease = await locks.acquire("nightly", { minHoldMs: 30_000 });
    await clock.advance(10_000);
    expect(await lease.release()).toBe(true);
    expect([lease.valid, locks.stats().held]).toEqual([false, 0]);
    await clock.advance(19_990);
    expect(await another().tryAcquire("nightly")).toBeNull();
    expect(await locks.tryAcquire("nightly")).toBeNull();
    await clock.advance(20);
    expect((await another().tryAcquire("nightly"))?.valid).toBe(true);
  });

  test("changes nothing for a lock that was held for longer", async () => {
    const { clock, locks, holders } = await cluster(3);
    const lease = await locks.acquire("k", { minHoldMs: 5_000 });
    await clock.advance(6_000);
    await lease.release();
    expect(await holders("k")).toBe(0);
  });

  test("is kept as well after work that has failed", async () => {
    const { locks, another } = await cluster(3);
    const work = locks.withLock("k", () => Promise.reject(new Error("boom")), { minHoldMs: 5_000 });
    await expect(work).rejects.toThrow("boom");
    expect(await another().tryAcquire("k")).toBeNull();
  });

  test("is not for the token's own: released is released", async () => {
    const { locks } = await cluster(3);
    const lease = await locks.acquire("k", { token: "mine", minHoldMs: 5_000 });
    await lease.release();
    expect(await locks.release("k", "mine")).toBe(false);
    await expect(locks.extend("k", "mine", 10_000)).rejects.toThrow(lockError("ERR_LOCK_NOT_HOLDER"));
    expect(await locks.tryAcquire("k", { token: "mine" })).toBeNull();
  });

  test("is ended by an operator who breaks the lock", async () => {
    const { locks, another } = await cluster(3);
    await (await locks.acquire("k", { minHoldMs: 60_000 })).release();
    expect(await another().forceRelease("k")).toBe(true);
    expect((await another().tryAcquire("k"))?.valid).toBe(true);
  });
});

describe("the lock delay", () => {
  test("keeps the lock from everybody after a lease that expired", async () => {
    const { clock, locks, another } = await cluster(3, { lockDelayMs: 5_000, autoExtend: false });
    await locks.acquire("k", { ttlMs: 1_000 });
    await clock.advance(5_900);
    expect([await locks.tryAcquire("k"), await another().tryAcquire("k")]).toEqual([null, null]);
    await clock.advance(200);
    expect((await another().tryAcquire("k"))?.valid).toBe(true);
  });

  test("is not for a lease that was released", async () => {
    const { locks, another } = await cluster(3, { lockDelayMs: 5_000 });
    await (await locks.acquire("k")).release();
    expect((await another().tryAcquire("k"))?.valid).toBe(true);
  });

  test("does not make leases longer", async () => {
    const { clock, locks } = await cluster(3, { lockDelayMs: 60_000, autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    expect(lease.remainingMs()).toBe(988);
    await clock.advance(1_000);
    expect(lease.valid).toBe(false);
    await expect(lease.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST"));
  });

  test("is not ended by the late release of the lease that expired", async () => {
    const { clock, locks, another } = await cluster(3, { lockDelayMs: 5_000, autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    await clock.advance(1_500);
    expect([await lease.release(), await locks.release("k", lease.token)]).toEqual([false, false]);
    await clock.advance(100);
    expect(await another().tryAcquire("k")).toBeNull();
  });

  test("does not let the token itself come back, nor be taken over", async () => {
    const { clock, locks, another } = await cluster(3, { lockDelayMs: 5_000, autoExtend: false });
    await locks.acquire("k", { ttlMs: 1_000, token: "mine" });
    await clock.advance(1_500);
    expect(await another().tryAcquire("k", { token: "mine" })).toBeNull();
    await expect(another().extend("k", "mine", 1_000)).rejects.toThrow(lockError("ERR_LOCK_NOT_HOLDER"));
  });

  test("is there as well after a lease that was extended", async () => {
    const { clock, locks, another } = await cluster(3, { lockDelayMs: 5_000, autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    await clock.advance(500);
    await lease.extend(2_000);
    await clock.advance(6_900);
    expect(await another().tryAcquire("k")).toBeNull();
  });
});

describe("work that goes on although its lease is over", () => {
  test("is reported as overrun until it ends", async () => {
    const { clock, nodes, locks } = await cluster(3);
    let finish = (): void => {};
    const work = locks.withLock("k", () => new Promise<void>((resolve) => (finish = resolve)));
    await clock.advance(1_000);
    expect(locks.stats()).toMatchObject({ held: 1, overrun: 0 });
    for (const node of nodes) node.faults.disconnect();
    await clock.advance(20_000);
    expect(locks.stats()).toMatchObject({ held: 0, overrun: 1, lost: 1 });
    finish();
    expect(await stateOf(work)).toBe("ERR_LOCK_LOST");
    expect(locks.stats().overrun).toBe(0);
  });

  test("is not reported when it has released its lease itself", async () => {
    const { clock, locks } = await cluster(3);
    let finish = (): void => {};
    const work = locks.withLock("k", async (lease) => {
      await lease.release();
      await new Promise<void>((resolve) => (finish = resolve));
    });
    await clock.advance(60_000);
    expect(locks.stats().overrun).toBe(0);
    finish();
    expect(await stateOf(work)).toBe("fulfilled");
  });
});

describe("stats", () => {
  test("count what happened and what is", async () => {
    const { clock, locks, another } = await cluster(3);
    const lease = await locks.acquire("k");
    const other = another();
    expect(await other.tryAcquire("k")).toBeNull();
    const waiting = other.acquire("k");
    await clock.advance(0);
    expect(locks.stats()).toMatchObject({ held: 1, waiting: 0, acquired: 1, released: 0, lost: 0 });
    expect(other.stats()).toMatchObject({ held: 0, waiting: 1, acquired: 0, contended: 2 });
    await lease.release();
    await clock.advance(300);
    expect(await stateOf(waiting)).toBe("fulfilled");
    expect(locks.stats()).toMatchObject({ held: 0, released: 1 });
    expect(other.stats()).toMatchObject({ held: 1, waiting: 0, acquired: 1 });
  });

  test("tell how each node stands", async () => {
    const { nodes, locks } = await cluster(3);
    nodes[1]?.faults.disconnect();
    await expect(locks.acquire("k")).resolves.toBeDefined();
    expect(locks.stats().nodes).toEqual([
      { node: "node-1", state: "ready", voting: true, reason: undefined, warnings: [], notices: "unused" },
      {
        node: "node-2",
        state: "disconnected",
        voting: false,
        reason: "disconnected",
        warnings: [],
        notices: "unused",
      },
      { node: "node-3", state: "ready", voting: true, reason: undefined, warnings: [], notices: "unused" },
    ]);
  });
});
