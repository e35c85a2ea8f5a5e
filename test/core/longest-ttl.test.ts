import { memoryNode } from "@redlock-kit/core";
import { faultyNode, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { type Cluster, cluster, lockError, manager } from "./cluster.js";

/*
 * A node that restarted stays out of the vote for as long as the longest lease that anybody may have had on it, whatever
 * the lease time of the process that counts the votes.
 */

const LONG = 60_000;
const SHORT = 1_000;

/** A process with long leases that can't reach the third node, and one with short leases that reaches all. */
async function longAndShort() {
  const all = await cluster(3, { ttlMs: SHORT });
  const theirs = all.connect();
  theirs[2]?.faults.disconnect();
  return { ...all, theirs, long: all.another({ ttlMs: LONG, autoExtend: false }, theirs) };
}

/** One attempt is refused, since somebody else holds the lock. */
async function expectHeld({ locks, clock }: Pick<Cluster, "locks" | "clock">): Promise<void> {
  const acquiring = locks.acquire("k", { waitMs: 0 });
  await clock.advance(1_000);
  await expect(acquiring).rejects.toThrow(lockError("ERR_LOCK_HELD"));
}

describe("no process gets a lock whose long lease a restarted node has forgotten", () => {
  test("though its own leases are short", async () => {
    const { clock, servers, locks, long } = await longAndShort();
    const lease = await long.acquire("k");
    servers[1]?.restart();
    await clock.advance(10 * SHORT);
    await expectHeld({ locks, clock });
    expect(lease.valid).toBe(true);
    await clock.advance(LONG);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });

  test("though the lease was made longer than its process's are by one call", async () => {
    const { clock, servers, locks, another, theirs } = await longAndShort();
    const lease = await another({}, theirs).acquire("k", { ttlMs: LONG, autoExtend: false });
    servers[1]?.restart();
    await clock.advance(10 * SHORT);
    await expectHeld({ locks, clock });
    expect(lease.valid).toBe(true);
  });

  test("though it starts when the restart is longer ago than its own leases last", async () => {
    const { clock, servers, another, long } = await longAndShort();
    const lease = await long.acquire("k");
    servers[1]?.restart();
    await clock.advance(10 * SHORT);
    const late = another();
    await clock.advance(0);
    await expectHeld({ locks: late, clock });
    expect(lease.valid).toBe(true);
  });

  test("though both were cut off from the node while that restarted, and who remembers is slow", async () => {
    const { clock, servers, nodes, locks, theirs, long } = await longAndShort();
    await (await locks.acquire("warm up")).release();
    const lease = await long.acquire("k");
    for (const process of [nodes, theirs]) process[1]?.faults.disconnect();
    servers[1]?.restart();
    await clock.advance(10 * SHORT);
    nodes[0]?.faults.delay("replies", 100);
    nodes[1]?.faults.reconnect();
    await expectHeld({ locks, clock });
    expect(lease.valid).toBe(true);
  });
});

test("long leases are forgotten about an hour after they can have been held", async () => {
  const { clock, servers, nodes, locks, long } = await longAndShort();
  await (await long.acquire("k")).release();
  await clock.advance(3_600_000 + 3 * LONG);
  servers[1]?.restart();
  nodes[2]?.faults.disconnect();
  await clock.advance(2 * SHORT);
  expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
});

test("a process that goes on goes on saying how long its leases are", async () => {
  const { clock, servers, locks, long } = await longAndShort();
  for (let minutes = 0; minutes < 150; minutes += 25) {
    await (await long.acquire("k")).release();
    await clock.advance(25 * 60_000);
  }
  const lease = await long.acquire("k");
  servers[1]?.restart();
  await clock.advance(10 * SHORT);
  await expectHeld({ locks, clock });
  expect(lease.valid).toBe(true);
});

test("at the first start of everything a process with long leases keeps nobody out", async () => {
  const { clock, servers, another } = await cluster(3, { ttlMs: SHORT });
  await clock.advance(LONG);
  for (const server of servers) server.restart();
  await clock.advance(5 * SHORT);
  const long = another({ ttlMs: LONG });
  await clock.advance(0);
  await (await long.acquire("k", { waitMs: 0 })).release();
  const short = another();
  await clock.advance(0);
  expect((await short.acquire("k", { waitMs: 0 })).valid).toBe(true);
});

test("a node that was never met hides nothing of what the others say", async () => {
  const { clock, servers, another, connect } = await cluster(3, { ttlMs: SHORT });
  const [ours, theirs] = [connect(), connect()];
  ours[0]?.faults.disconnect();
  theirs[0]?.faults.disconnect();
  const lease = await another({}, theirs).acquire("k", { ttlMs: SHORT, autoExtend: false });
  servers[2]?.restart();
  const locks = another({}, ours);
  await clock.advance(10);
  const acquiring = expect(locks.acquire("other", { waitMs: 0 })).rejects.toThrow(
    lockError("ERR_LOCK_UNAVAILABLE"),
  );
  await clock.advance(500);
  await acquiring;
  expect(lease.valid).toBe(true);
});

test("one long lease that is over keeps a restarted node out no longer, in the process that had it, too", async () => {
  const { clock, servers, nodes, locks } = await cluster(3, { ttlMs: SHORT });
  await (await locks.acquire("report", { ttlMs: 24 * 3_600_000, autoExtend: false })).release();
  for (let hour = 0; hour < 72; hour++) {
    await (await locks.acquire("k")).release();
    await clock.advance(3_600_000);
  }
  await (await locks.acquire("k")).release();
  servers[0]?.restart();
  await clock.advance(3 * SHORT);
  nodes[1]?.faults.disconnect();
  expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
});

test("a lease is announced for as long as it can be held, though nothing else is asked for", async () => {
  const { clock, servers, another, theirs, locks } = await longAndShort();
  const lease = await another({}, theirs).acquire("k", { ttlMs: 72 * 3_600_000, autoExtend: false });
  for (let hour = 0; hour < 48; hour++) await clock.advance(3_600_000);
  servers[1]?.restart();
  await clock.advance(10 * SHORT);
  await expectHeld({ locks, clock });
  expect(lease.valid).toBe(true);
});

test("a node that answers something else than a time changes nothing", async () => {
  const clock = manualClock();
  const servers = Array.from({ length: 3 }, () => memoryNode({ clock }));
  const nodes = servers.map((server) => {
    const node = faultyNode(server, clock);
    return Object.assign(node, { announce: async () => Number.NaN });
  });
  const locks = manager({ nodes, clock, ttlMs: LONG }, clock);
  for (const key of ["a", "b"]) await (await locks.acquire(key)).release();
  servers[0]?.restart();
  await clock.advance(10);
  expect(locks.stats().nodes[0]).toMatchObject({
    voting: false,
    reason: expect.stringMatching(/^restarted/),
  });
});
