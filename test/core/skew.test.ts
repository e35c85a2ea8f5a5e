import { memoryNode } from "@redlock-kit/core";
import { faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { FENCE_EPOCH_MS, FENCE_STEP } from "../../packages/core/src/quorum/fencing.js";
import { lockError, manager } from "./cluster.js";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Nodes whose clocks are `offsets` ahead of the right time, and managers by clocks of their own. */
function skewed(offsets: readonly number[]) {
  const clocks = offsets.map((offset) => manualClock(NOW + offset));
  const servers = clocks.map((clock, i) => memoryNode({ clock, name: `node-${i + 1}` }));
  const process = (offset: number, clock: ManualClock = manualClock(NOW + offset)) => {
    const nodes = servers.map((server) => faultyNode(server, clock));
    return { nodes, clock, locks: manager({ nodes, clock }, clock) };
  };
  return { clocks, process };
}

/** How far the clock part of a fencing token is ahead of the right time. */
function aheadOf(fencingToken: number): number {
  return Math.floor(fencingToken / FENCE_STEP) + FENCE_EPOCH_MS - NOW;
}

function votes(nodes: readonly { faults: { carriedOut: readonly string[] } }[]): number[] {
  return nodes.map(({ faults }) => faults.carriedOut.filter((request) => request === "grant").length);
}

describe("a process whose clock is ahead of its nodes", () => {
  test.each([1, 3, 5])("by more than maxSkewMs goes by the time of the %d nodes", async (n) => {
    const { process } = skewed(Array(n).fill(0));
    const { locks, nodes } = process(HOUR);
    const lease = await locks.acquire("k", { waitMs: 0 });
    expect(aheadOf(lease.fencingToken)).toBe(0);
    expect(Math.max(...votes(nodes))).toBe(2);
  });

  test("is corrected once, not for every lock", async () => {
    const { process } = skewed([0, 0, 0]);
    const { locks, nodes } = process(HOUR);
    await locks.acquire("a");
    await locks.acquire("b");
    expect(votes(nodes)).toEqual([3, 3, 3]);
  });

  test("by less keeps its own", async () => {
    const { process } = skewed([0, 0, 0]);
    const { locks, nodes } = process(30_000);
    expect(aheadOf((await locks.acquire("k")).fencingToken)).toBe(30_000);
    expect(votes(nodes)).toEqual([1, 1, 1]);
  });

  test("does not push the counters of everybody else into the future", async () => {
    const { process } = skewed([0, 0, 0]);
    const [ahead, right] = [process(24 * HOUR), process(0)];
    const first = await ahead.locks.acquire("k");
    await first.release();
    const next = await right.locks.acquire("k");
    expect(next.fencingToken).toBeGreaterThan(first.fencingToken);
    expect(aheadOf(next.fencingToken)).toBeLessThan(MINUTE);
  });

  test("goes by its own clock again when that was put right", async () => {
    const { process, clocks } = skewed([0, 0, 0]);
    const { locks, clock } = process(HOUR);
    await (await locks.acquire("k")).release();
    clock.jumpWall(-HOUR);
    for (const each of [clock, ...clocks]) each.freeze(5 * MINUTE);
    expect(aheadOf((await locks.acquire("other")).fencingToken)).toBe(5 * MINUTE);
  });
});

describe("a process whose clock is behind", () => {
  test("gets larger fencing tokens than everybody before all the same", async () => {
    const { process } = skewed([0, 0, 0]);
    const [right, behind] = [process(0), process(-24 * HOUR)];
    let last = 0;
    for (const { locks } of [right, behind, right, behind, behind]) {
      const lease = await locks.acquire("k");
      expect(lease.fencingToken).toBeGreaterThan(last);
      last = lease.fencingToken;
      await lease.release();
    }
  });
});

describe("a node whose clock is far behind", () => {
  test.each([0, 1, 2])("(nodes[%d] of three) does not matter while a quorum accepts", async (which) => {
    const { process } = skewed([0, 0, 0].map((_, i) => (i === which ? -365 * 24 * HOUR : 0)));
    const { locks, nodes } = process(0);
    const lease = await locks.acquire("k", { waitMs: 0 });
    expect(aheadOf(lease.fencingToken)).toBe(0);
    expect(votes(nodes)).toEqual([1, 1, 1]);
  });

  test("does not set a process back that finds the lock held", async () => {
    const { process } = skewed([-365 * 24 * HOUR, 0, 0]);
    const [holder, other] = [process(0), process(0)];
    await holder.locks.acquire("k");
    expect(await other.locks.tryAcquire("k")).toBeNull();
    expect(votes(other.nodes)).toEqual([1, 1, 1]);
    expect(aheadOf((await other.locks.acquire("other")).fencingToken)).toBe(0);
  });

  test("is named as such among the votes", async () => {
    const { process } = skewed([-365 * 24 * HOUR, 0, 0]);
    const { locks, nodes } = process(0);
    nodes[1]?.faults.disconnect();
    nodes[2]?.faults.disconnect();
    await expect(locks.acquire("k", { waitMs: 0 })).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
  });

  test("is gone by when the quorum needs it", async () => {
    const { process } = skewed([-2 * HOUR, -HOUR, 0]);
    const { locks, nodes } = process(0);
    nodes[0]?.faults.disconnect();
    const lease = await locks.acquire("k", { waitMs: 0 });
    expect([lease.valid, votes(nodes)]).toEqual([true, [0, 2, 2]]);
  });

  test("of several decides as little as possible: the latest time that a quorum accepts", async () => {
    const { process } = skewed([-3 * HOUR, -2 * HOUR, -HOUR]);
    const { locks } = process(0);
    // The third node has no counter, and begins with its own time, less half of the lease's.
    expect(aheadOf((await locks.acquire("k", { waitMs: 0 })).fencingToken)).toBe(-HOUR - 5_000);
  });
});

describe("a lease under skewed clocks", () => {
  test("is as long as the monotonic clock says, whatever the wall clocks of the nodes say", async () => {
    const { process, clocks } = skewed([-HOUR, 0, HOUR]);
    const { locks, clock } = process(0);
    const lease = await locks.acquire("k", { autoExtend: false });
    for (const each of [clock, ...clocks]) each.freeze(9_000);
    expect(lease.remainingMs()).toBe(898);
  });
});
