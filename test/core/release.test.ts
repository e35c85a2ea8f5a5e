import { describe, expect, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

describe.each([1, 2, 3, 4, 5])("a release over N = %d nodes", (n) => {
  const quorum = Math.floor(n / 2) + 1;

  test("frees the lock on every node", async () => {
    const { locks, holders } = await cluster(n);
    const lease = await locks.acquire(["a", "b"]);
    expect(await lease.release()).toBe(true);
    expect([await holders("a"), await holders("b")]).toEqual([0, 0]);
    expect([lease.valid, lease.remainingMs()]).toEqual([false, 0]);
  });

  test("resolves at a quorum, whatever the others do", async () => {
    const { clock, nodes, locks } = await cluster(n);
    const lease = await locks.acquire("k");
    for (const node of nodes.slice(quorum)) node.faults.hold("requests");
    const releasing = lease.release();
    await clock.advance(0);
    expect(await stateOf(releasing)).toBe("fulfilled");
    expect(await releasing).toBe(true);
  });

  test("with every node out of reach resolves at the deadline, and does not throw", async () => {
    const { clock, nodes, locks } = await cluster(n);
    const lease = await locks.acquire("k");
    for (const node of nodes) node.faults.lose("requests");
    const releasing = lease.release();
    expect(lease.valid).toBe(false);
    await clock.advance(1_000);
    expect(await stateOf(releasing)).toBe("fulfilled");
    expect(await releasing).toBe(false);
  });

  test("with every node disconnected resolves at once, and is made up for when they are back", async () => {
    const { clock, nodes, locks, holders } = await cluster(n);
    const lease = await locks.acquire("k", { ttlMs: 60_000 });
    for (const node of nodes) node.faults.disconnect();
    expect(await lease.release()).toBe(false);
    expect(await holders("k")).toBe(n);
    for (const node of nodes) node.faults.reconnect();
    await clock.advance(0);
    expect(await holders("k")).toBe(0);
  });
});

describe("a release", () => {
  test("is idempotent: the answer is the same when asked again", async () => {
    const { nodes, locks } = await cluster(3);
    const lease = await locks.acquire("k");
    const answers = await Promise.all([lease.release(), lease.release()]);
    expect([...answers, await lease.release()]).toEqual([true, true, true]);
    expect(nodes[0]?.faults.carriedOut.filter((request) => request === "release").length).toBe(1);
    expect(locks.stats().released).toBe(1);
  });

  test("of a lease that has expired says that it was no longer ours", async () => {
    const { clock, locks } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k");
    await clock.advance(10_000);
    expect([await lease.release(), await lease.release()]).toEqual([false, false]);
  });

  test("of a lease whose lock another has got meanwhile leaves the other alone", async () => {
    const { clock, locks, another, holders } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    clock.freeze(1_100);
    const other = await another().acquire("k");
    expect(await lease.release()).toBe(false);
    expect(await holders("k", other.token)).toBe(3);
  });

  test("reaches a node that was frozen when it wakes", async () => {
    const { clock, nodes, locks, holders } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 60_000 });
    nodes[2]?.faults.hold("requests");
    expect(await lease.release()).toBe(true);
    expect(await holders("k")).toBe(1);
    nodes[2]?.faults.resume();
    await clock.advance(0);
    expect(await holders("k")).toBe(0);
  });

  test("happens at the end of its block with await using", async () => {
    const { locks, holders } = await cluster(1);
    {
      await using lease = await locks.acquire("k");
      expect(lease.valid).toBe(true);
    }
    expect(await holders("k")).toBe(0);
  });

  test("lets the next one in whose fencing token is larger", async () => {
    const { locks, another } = await cluster(3);
    const other = another();
    let last = 0;
    for (let i = 0; i < 10; i++) {
      const lease = await [locks, other][i % 2]?.acquire("k");
      expect(lease?.fencingToken).toBeGreaterThan(last);
      last = lease?.fencingToken ?? 0;
      await lease?.release();
    }
  });
});

describe("a release by token", () => {
  test("frees the lock from anywhere, and the lease is over where it was held", async () => {
    const { clock, locks, another, holders } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 3_000 });
    expect(await another().release("k", lease.token)).toBe(true);
    expect(await holders("k")).toBe(0);
    await clock.advance(1_500);
    expect([lease.valid, lease.signal.aborted]).toEqual([false, true]);
  });

  test("by its own manager is the lease's own release", async () => {
    const { locks } = await cluster(3);
    const lease = await locks.acquire(["b", "a"]);
    expect(await locks.release(["a", "b"], lease.token)).toBe(true);
    expect([lease.valid, lease.signal.aborted, locks.stats().lost]).toEqual([false, false, 0]);
  });

  test("twice is harmless", async () => {
    const { locks, another } = await cluster(3);
    const lease = await locks.acquire("k");
    const other = another();
    expect([await other.release("k", lease.token), await other.release("k", lease.token)]).toEqual([
      true,
      false,
    ]);
  });

  test("of a lease that has expired says false", async () => {
    const { clock, locks } = await cluster(3, { autoExtend: false });
    const lease = await locks.acquire("k");
    await clock.advance(20_000);
    expect(await locks.release("k", lease.token)).toBe(false);
  });

  test("that does not hold the key is refused", async () => {
    const { locks, holders } = await cluster(3);
    const lease = await locks.acquire("k");
    await expect(locks.release("k", "other")).rejects.toThrow(lockError("ERR_LOCK_NOT_HOLDER"));
    expect(await holders("k", lease.token)).toBe(3);
  });

  test("is unavailable where no quorum answers", async () => {
    const { clock, nodes, locks, another, connect } = await cluster(3);
    const lease = await locks.acquire("k");
    const connections = connect();
    const other = another({}, connections);
    await clock.advance(0);
    for (const node of connections.slice(0, 2)) node.faults.disconnect();
    expect(nodes.length).toBe(3);
    await expect(other.release("k", lease.token)).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
  });

  test("frees one of two locks that a token holds, and only that", async () => {
    const { locks, holders } = await cluster(3);
    const [a, b] = [await locks.acquire("a", { token: "t" }), await locks.acquire("b", { token: "t" })];
    expect(await locks.release("a", "t")).toBe(true);
    expect([a.valid, b.valid]).toEqual([false, true]);
    expect([await holders("a"), await holders("b")]).toEqual([0, 3]);
  });
});

describe("breaking a lock", () => {
  test("frees it whoever holds it, and the holder is told by the next extension", async () => {
    const { clock, locks, another, holders } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 3_000 });
    expect(await another().forceRelease("k")).toBe(true);
    expect(await holders("k")).toBe(0);
    await clock.advance(1_500);
    expect([lease.valid, lease.signal.aborted]).toEqual([false, true]);
  });

  test("that nobody holds says so", async () => {
    const { locks } = await cluster(3);
    expect(await locks.forceRelease("k")).toBe(false);
  });

  test("is unavailable where no quorum answers", async () => {
    const { nodes, locks } = await cluster(3);
    for (const node of nodes.slice(0, 2)) node.faults.disconnect();
    await expect(locks.forceRelease("k")).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
  });
});
