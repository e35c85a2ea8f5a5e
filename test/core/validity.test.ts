import { describe, expect, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

describe("the validity of a lease", () => {
  test.each([
    [10_000, 0.01, 9_898],
    [1_000, 0.01, 988],
    [10_000, 0, 9_998],
    [10_000, 0.5, 4_998],
    [3, 0, 1],
  ])("of %d ms with a drift factor of %d is %d ms", async (ttlMs, driftFactor, validityMs) => {
    const { locks } = await cluster(3, { driftFactor });
    const lease = await locks.acquire("k", { ttlMs });
    expect(lease.remainingMs()).toBe(validityMs);
  });

  test("is counted from the first request, so what the vote took is gone from it", async () => {
    const { clock, nodes, locks } = await cluster(3);
    for (const node of nodes) node.faults.delay("replies", 300, "grant");
    const acquiring = locks.acquire("k", { ttlMs: 10_000 });
    await clock.advance(300);
    expect((await acquiring).remainingMs()).toBe(9_898 - 300);
  });

  test("is counted from this attempt, not from the first of a long wait", async () => {
    const { clock, locks, another } = await cluster(3);
    const other = await another().acquire("k");
    const waiting = locks.acquire("k", { ttlMs: 1_000, waitMs: 60_000 });
    await clock.advance(30_000);
    await other.release();
    await clock.advance(300);
    expect(await stateOf(waiting)).toBe("fulfilled");
    expect((await waiting).remainingMs()).toBeGreaterThan(600);
  });

  test("includes the time of the second round of fencing", async () => {
    const { clock, nodes, locks, another, connect } = await cluster(3);
    // A counter that is higher on two nodes makes them disagree.
    for (const [i, node] of connect().slice(0, 2).entries()) {
      for (let times = 0; times <= i; times++)
        await (await another({ maxSkewMs: 1e9 }, [node]).acquire("k")).release();
    }
    for (const node of nodes) node.faults.delay("replies", 300, "confirm");
    const acquiring = locks.acquire("k");
    await clock.advance(0);
    expect(nodes.some(({ faults }) => faults.carriedOut.includes("confirm"))).toBe(true);
    await clock.advance(300);
    expect((await acquiring).remainingMs()).toBe(9_898 - 300);
  });

  test("ends at 0 and not below, and valid ends with it", async () => {
    const { clock, locks } = await cluster(1, { autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    await clock.advance(980);
    expect([lease.remainingMs(), lease.valid]).toEqual([8, true]);
    await clock.advance(5_000);
    expect([lease.remainingMs(), lease.valid]).toEqual([0, false]);
  });

  test("is over before any node lets go of the lease", async () => {
    const { clock, locks, another } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    const next = another().acquire("k", { ttlMs: 1_000, waitMs: 60_000 });
    for (let ms = 0; ms < 1_200; ms++) {
      await clock.advance(1);
      const taken = (await stateOf(next)) === "fulfilled";
      expect([lease.valid, taken]).not.toEqual([true, true]);
    }
    expect(await stateOf(next)).toBe("fulfilled");
  });
});

describe("a grant that comes too late", () => {
  test("is no lease when nothing of its ttl is left", async () => {
    const { clock, nodes, locks } = await cluster(3, { ttlMs: 1_000, nodeTimeoutMs: 200 });
    for (const node of nodes) node.faults.hold("replies", "grant");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(0);
    clock.freeze(1_000);
    for (const node of nodes) node.faults.resume();
    await clock.advance(0);
    await expect(acquiring).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    await expect(acquiring).rejects.toThrow(/the vote took 1000 ms of a lease of 1000 ms/);
  });

  test("is no lease when the wall clock says that its ttl is over", async () => {
    const { clock, nodes, locks } = await cluster(3);
    for (const node of nodes) node.faults.hold("replies", "grant");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(0);
    clock.jumpWall(3_600_000);
    for (const node of nodes) node.faults.resume();
    await clock.advance(0);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
  });

  test("is waited for again by whoever is willing to wait", async () => {
    const { clock, nodes, locks } = await cluster(1, { ttlMs: 1_000, nodeTimeoutMs: 200 });
    nodes[0]?.faults.hold("replies", "grant");
    const acquiring = locks.acquire("k", { waitMs: 5_000 });
    await clock.advance(0);
    clock.freeze(1_000);
    nodes[0]?.faults.resume();
    await clock.advance(500);
    expect((await acquiring).valid).toBe(true);
  });
});

describe("an extension that comes too late", () => {
  test("does not bring a lease back that was over when the answers came", async () => {
    const { clock, nodes, locks } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    for (const node of nodes) node.faults.hold("replies", "extend");
    const extending = lease.extend(10_000);
    await clock.advance(0);
    clock.freeze(1_000);
    for (const node of nodes) node.faults.resume();
    await clock.advance(0);
    expect(await stateOf(extending)).toBe("ERR_LOCK_LOST");
    expect([lease.valid, lease.remainingMs()]).toEqual([false, 0]);
  });

  test("is worth what is left since its first request", async () => {
    const { clock, nodes, locks } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    await clock.advance(5_000);
    for (const node of nodes) node.faults.delay("replies", 400, "extend");
    const extending = lease.extend();
    await clock.advance(400);
    expect(await stateOf(extending)).toBe("fulfilled");
    expect(lease.remainingMs()).toBe(9_898 - 400);
  });
});

describe("a wall clock that jumps", () => {
  test("back changes nothing", async () => {
    const { clock, locks } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    await clock.advance(2_000);
    clock.jumpWall(-3_600_000);
    expect(lease.remainingMs()).toBe(7_898);
    await clock.advance(7_000);
    expect([lease.remainingMs(), lease.signal.aborted]).toEqual([898, false]);
    await clock.advance(1_000);
    expect([lease.valid, lease.signal.aborted]).toEqual([false, true]);
  });

  test("ahead takes as much from the lease, as after a suspension, which the monotonic clock does not see", async () => {
    const { clock, locks } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    clock.jumpWall(4_000);
    expect(lease.remainingMs()).toBe(5_898);
    clock.jumpWall(60_000);
    expect([lease.remainingMs(), lease.valid, lease.signal.aborted]).toEqual([0, false, true]);
  });

  test("ahead over the end of the lease is told by the signal within a second or so", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 60_000 });
    const lost: unknown[] = [];
    lease.signal.addEventListener("abort", () => lost.push(lease.signal.reason));
    clock.jumpWall(120_000);
    await clock.advance(1_500);
    expect(lost).toEqual([lockError("ERR_LOCK_LOST")]);
  });

  test("back does not keep a lease that is extended from being extended", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k");
    clock.jumpWall(-3_600_000);
    await clock.advance(60_000);
    expect(lease.valid).toBe(true);
    clock.jumpWall(3_600_000);
    await clock.advance(10_000);
    expect(lease.valid).toBe(false);
  });
});

describe("after the process was frozen for longer than the ttl", () => {
  test("the lease is over for whoever looks first, although no timer has run", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k");
    const { signal } = lease;
    clock.freeze(10_000);
    expect([lease.valid, lease.remainingMs()]).toEqual([false, 0]);
    expect(lease.signal.aborted).toBe(true);
    expect(signal.reason).toEqual(lockError("ERR_LOCK_LOST"));
  });

  test("extending and releasing say so", async () => {
    const { clock, locks } = await cluster(3);
    const [extended, released] = [await locks.acquire("a"), await locks.acquire("b")];
    clock.freeze(10_000);
    await expect(extended.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST"));
    expect(await released.release()).toBe(false);
  });

  test("a wake-up in which the timers come first ends the lease and does not extend it", async () => {
    const { clock, nodes, locks } = await cluster(1);
    const lease = await locks.acquire("k");
    clock.freeze(10_000);
    await clock.advance(0);
    expect([lease.valid, lease.signal.aborted]).toEqual([false, true]);
    expect(nodes[0]?.faults.carriedOut).not.toContain("extend");
  });
});
