import {
  createLockManager,
  type Lease,
  type LockManagerOptions,
  type LockNode,
  memoryNode,
} from "@redlock-kit/core";
import { type FaultyNode, faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { expect, test } from "vitest";

/** By how much a lease of `ttlMs` is shorter than that, with the default driftFactor. */
const driftOf = (ttlMs: number) => ttlMs / 100 + 2;

function threeNodes(clock: ManualClock): FaultyNode[] {
  return [1, 2, 3].map(() => faultyNode(memoryNode({ clock }), clock));
}

function managerOf(
  clock: ManualClock,
  nodes: LockManagerOptions["nodes"],
  options: Partial<LockManagerOptions> = {},
) {
  return createLockManager({ nodes, clock, ttlMs: 10_000, autoExtend: false, ...options });
}

test("D3: a lock that was waited for is granted with its whole lease", async () => {
  const clock = manualClock();
  const nodes = threeNodes(clock);
  await managerOf(clock, nodes).acquire("seat");
  const waiting = managerOf(clock, nodes).acquire("seat", { waitMs: 60_000 });
  let lease: Lease | undefined;
  void waiting.then((granted) => (lease = granted));
  let waited = 0;
  for (; lease === undefined; waited += 50) await clock.advance(50);

  expect(waited).toBeGreaterThanOrEqual(10_000);
  expect(lease.remainingMs()).toBeGreaterThan(10_000 - driftOf(10_000) - 50);
});

test("D4: the time that the nodes took to answer is taken off the lease", async () => {
  const clock = manualClock();
  const nodes = threeNodes(clock);
  const locks = managerOf(clock, nodes);
  for (const { faults } of nodes) faults.delay("replies", 900, "grant");
  const granted = locks.acquire("seat");
  await clock.advance(900);
  expect((await granted).remainingMs()).toBe(10_000 - 900 - driftOf(10_000));
});

test("D4: a lock whose lease is over when the answers are read is not granted", async () => {
  const clock = manualClock();
  const nodes = threeNodes(clock);
  const locks = managerOf(clock, nodes);
  await (await locks.acquire("warm up")).release();
  const granted = locks.acquire("seat", { waitMs: 0 });
  // The nodes have granted it, and this process does not get to run for as long as they keep it.
  clock.freeze(10_000);
  await expect(granted).rejects.toMatchObject({
    code: "ERR_LOCK_UNAVAILABLE",
    message: expect.stringContaining("the vote took 10000 ms of a lease of 10000 ms"),
  });
});

test("D4: nodes that answer later than the lease lasts grant nothing, and keep nothing", async () => {
  const clock = manualClock();
  const nodes = threeNodes(clock);
  const locks = managerOf(clock, nodes, { ttlMs: 1_000 });
  await (await locks.acquire("warm up")).release();
  for (const { faults } of nodes) faults.delay("replies", 1_500);
  const refused = locks.acquire("seat", { waitMs: 0, ttlMs: 600_000 }).catch((error: unknown) => error);
  await clock.advance(10_000);
  expect(await refused).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });

  for (const { faults } of nodes) faults.resume();
  expect(await managerOf(clock, nodes).tryAcquire("seat")).not.toBeNull();
});

test("D7: with a slow node, nobody is granted the lock while the holder takes it for its own", async () => {
  const clock = manualClock();
  const node = faultyNode(memoryNode({ clock }), clock);
  const holding = managerOf(clock, [node], { nodeTimeoutMs: 2_000 });
  const contending = managerOf(clock, [node]);
  for (const locks of [holding, contending]) await (await locks.acquire("warm up")).release();
  node.faults.delay("replies", 1_900);
  const granted = holding.acquire("seat");
  await clock.advance(1_900);
  const lease = await granted;
  node.faults.resume();

  while ((await contending.tryAcquire("seat")) === null) await clock.advance(1);
  expect(lease.valid).toBe(false);
  // For as long as there was a lease, that is, and not because there never was one.
  expect(clock.monotonic()).toBeGreaterThan(9_900);
});

test("D24: a contender that stalls between its votes and its fencing token gets none", async () => {
  const clock = manualClock();
  const nodes = [1, 2, 3].map(() => memoryNode({ clock }));
  const stalling = nodes.map((node) => faultyNode(node, clock));
  const slow = managerOf(clock, stalling, { ttlMs: 1_000 });
  const other = managerOf(clock, nodes);
  await makeCountersDiffer(nodes, clock);
  // Its votes carry three different counters, so its fencing token must be confirmed in a second round. Before that
  // one goes out, its lease runs out and another takes the lock.
  for (const { faults } of stalling) faults.hold("requests", "confirm");
  const stalled = slow.acquire("seat", { waitMs: 0 }).catch((error: unknown) => error);
  await clock.advance(0);
  expect(stalling.filter(({ faults }) => faults.underWay === 1).length).toBeGreaterThanOrEqual(2);
  clock.freeze(1_001);
  const lease = await other.acquire("seat");
  for (const { faults } of stalling) faults.resume();
  await clock.advance(1_000);

  expect(await stalled).toMatchObject({ code: "ERR_LOCK_HELD" });
  expect(lease.valid).toBe(true);
  await lease.release();
  const later = await slow.acquire("seat");
  expect(later.fencingToken).toBeGreaterThan(lease.fencingToken);
});

test("D24: the token belongs to the grant: a second round for a lock that is another's now is refused", async () => {
  const clock = manualClock(Date.UTC(2020, 0, 1) - 30_000); // before fencing tokens begin
  const node = memoryNode({ clock });
  const key = { key: "seat", lock: "lock:seat", fence: "{lock:seat}:fence", queue: "{lock:seat}:queue" };
  const times = { ttlMs: 1_000, lockDelayMs: 0, fenceTtlMs: 60_000, maxSkewMs: 60_000 };
  const grant = (token: string) => node.grant({ keys: [key], token, proposal: 1, ...times });
  expect(await grant("old")).toMatchObject({ kind: "granted", fence: 1 });
  await clock.advance(1_000);
  expect(await grant("new")).toMatchObject({ kind: "granted", fence: 2 });
  expect(await node.confirm({ keys: [key], token: "old", fence: 3, fenceTtlMs: 60_000 })).toBe(false);
});

/** As after locks of others whose clock is ahead of ours, each of which only one node remembers. */
async function makeCountersDiffer(nodes: readonly LockNode[], clock: ManualClock): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    const ahead = manualClock(clock.wall() + 10_000, () => i / nodes.length);
    await (await managerOf(ahead, [node]).acquire("seat")).release();
  }
}
