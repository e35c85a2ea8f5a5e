import { describe, expect, test } from "vitest";
import { cluster, lockError, occupy, stateOf } from "./cluster.js";

describe("what a failed attempt has set", () => {
  test.each([2, 3, 4, 5])("is given back on every one of %d nodes before it says so", async (n) => {
    const { servers, locks, holders } = await cluster(n);
    for (const server of servers.slice(0, Math.floor(n / 2) + 1)) await occupy(server, "k");
    expect(await locks.tryAcquire("k")).toBeNull();
    expect(await holders("k")).toBe(Math.floor(n / 2) + 1);
  });

  test("is given back before the next attempt, so that a minority never blocks another contender", async () => {
    const { clock, nodes, locks, another, connect } = await cluster(3, { waitMs: 60_000 });
    const connections = connect();
    const other = another({}, connections);
    await clock.advance(0);
    for (const { faults } of [nodes[2], connections[2]].flatMap((node) => node ?? [])) faults.disconnect();
    const leases = await Promise.all([locks.acquire("k"), other.acquire("a")]);
    expect(leases.every(({ valid }) => valid)).toBe(true);
    const waiting = other.acquire("k");
    await leases[0].release();
    await clock.advance(300);
    expect(await stateOf(waiting)).toBe("fulfilled");
  });

  test("late, after the deadline, is given back when the answer arrives", async () => {
    const { clock, nodes, locks, holders } = await cluster(3, { nodeTimeoutMs: 200 });
    for (const node of nodes.slice(0, 2)) node.faults.delay("requests", 1_000, "grant");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(200);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(await holders("k")).toBe(0);
    await clock.advance(1_000);
    expect(nodes[0]?.faults.carriedOut).toContain("grant");
    expect(await holders("k")).toBe(0);
  });

  test("by a node that was frozen is given back when it wakes", async () => {
    const { clock, nodes, locks, holders } = await cluster(1);
    nodes[0]?.faults.hold("requests");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(3_000);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    nodes[0]?.faults.resume();
    await clock.advance(0);
    expect(nodes[0]?.faults.carriedOut).toContain("grant");
    expect(await holders("k")).toBe(0);
  });

  test("is given back although the reply to it was lost", async () => {
    const { clock, nodes, locks, holders } = await cluster(1);
    nodes[0]?.faults.lose("replies", "grant");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(0);
    expect(await holders("k")).toBe(1);
    await clock.advance(2_000);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(await holders("k")).toBe(0);
  });

  test("is given back when the node, which was cut off in the middle, is there again", async () => {
    const { clock, nodes, locks, holders } = await cluster(1);
    nodes[0]?.faults.lose("replies", "grant");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(0);
    nodes[0]?.faults.disconnect();
    await clock.advance(0);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(await holders("k")).toBe(1);
    nodes[0]?.faults.reconnect();
    await clock.advance(0);
    expect(await holders("k")).toBe(0);
  });

  test("too late to be valid is given back", async () => {
    const { clock, nodes, locks, holders } = await cluster(1, { ttlMs: 1_000, nodeTimeoutMs: 100 });
    nodes[0]?.faults.hold("replies", "grant");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(0);
    clock.freeze(995);
    nodes[0]?.faults.resume();
    await clock.advance(0);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(await holders("k")).toBe(0);
  });

  test("is not what somebody else has set meanwhile", async () => {
    const { clock, nodes, locks, another, holders } = await cluster(1, { nodeTimeoutMs: 200 });
    nodes[0]?.faults.hold("requests", "grant");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(1_000);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    const other = await another().acquire("k");
    nodes[0]?.faults.resume();
    await clock.advance(0);
    expect(await holders("k", other.token)).toBe(1);
  });
});

describe("a request that arrives twice", () => {
  test.each(["grant", "release", "extend"] as const)("does no harm as a %s", async (request) => {
    const { nodes, locks, holders } = await cluster(3);
    for (const node of nodes) node.faults.duplicate(request);
    const lease = await locks.acquire("k", { autoExtend: false });
    await lease.extend();
    expect(lease.remainingMs()).toBeGreaterThan(9_000);
    expect(await holders("k", lease.token)).toBe(3);
    await lease.release();
    expect(await holders("k")).toBe(0);
    const next = await locks.acquire("k");
    expect(next.fencingToken).toBeGreaterThan(lease.fencingToken);
  });

  test("as a grant under the caller's own token is granted", async () => {
    const { nodes, locks, holders } = await cluster(3);
    for (const node of nodes) node.faults.duplicate();
    const lease = await locks.acquire("k", { token: "mine" });
    expect([lease.valid, await holders("k", "mine")]).toEqual([true, 3]);
    await lease.release();
    expect(await holders("k")).toBe(0);
  });
});

describe("a grant that overtakes or is overtaken", () => {
  test("by the release that gives it back leaves nothing behind", async () => {
    const { clock, nodes, locks, holders } = await cluster(1, { nodeTimeoutMs: 200 });
    nodes[0]?.faults.hold("requests");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(1_000);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    nodes[0]?.faults.resume("last first");
    await clock.advance(0);
    expect(nodes[0]?.faults.carriedOut.slice(-1)).toEqual(["release"]);
    expect(await holders("k")).toBe(0);
  });
});

describe("an attempt under the caller's own token that fails", () => {
  test("leaves the lease alone that the token already holds", async () => {
    const { locks, another, connect, holders } = await cluster(3);
    const lease = await locks.acquire("k", { token: "mine" });
    const connections = connect();
    for (const node of connections.slice(1)) node.faults.fail(new Error("LOADING"), "grant");
    const retried = another({}, connections).acquire("k", { token: "mine", waitMs: 0 });
    await expect(retried).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    expect(await holders("k", "mine")).toBe(3);
    expect(lease.valid).toBe(true);
  });

  test("gives back what it is known to have set itself", async () => {
    const { clock, nodes, locks, holders } = await cluster(3);
    for (const node of nodes.slice(1)) node.faults.lose("requests");
    const acquiring = locks.acquire("k", { token: "mine", waitMs: 0 });
    await clock.advance(0);
    expect(await holders("k")).toBe(1);
    await clock.advance(2_000);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(await holders("k")).toBe(0);
  });

  test.each([1, 3])("never takes from a later one of %d nodes what that was granted", async (n) => {
    const { clock, nodes, locks, another } = await cluster(n, { nodeTimeoutMs: 100 });
    for (const node of nodes) node.faults.hold("requests");
    const acquiring = locks.acquire("k", { token: "mine", autoExtend: false });
    // The nodes wake with both the first attempt's grants and the second's in front of them.
    await clock.advance(500);
    for (const node of nodes) node.faults.resume();
    await clock.advance(0);
    const rival = await another().tryAcquire("k");
    await clock.advance(1_000);
    expect(await stateOf(acquiring)).toBe("fulfilled");
    expect([(await acquiring).valid, rival]).toEqual([true, null]);
  });

  test("because its caller left leaves the lease alone that the token already holds", async () => {
    const { clock, locks, another, connect, holders } = await cluster(3);
    const lease = await locks.acquire("k", { token: "mine" });
    const leaving = new AbortController();
    const connections = connect();
    for (const node of connections) node.faults.hold("replies", "grant");
    const acquiring = another({}, connections).acquire("k", { token: "mine", signal: leaving.signal });
    await clock.advance(0);
    leaving.abort();
    for (const node of connections) node.faults.resume();
    await clock.advance(0);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_ABORTED");
    expect(await holders("k", "mine")).toBe(3);
    expect(lease.valid).toBe(true);
  });
});
