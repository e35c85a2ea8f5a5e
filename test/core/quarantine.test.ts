import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, onTestFinished, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

/** What is said of nodes from now on. */
function nodeEvents(): { node: string; change: string }[] {
  const events: { node: string; change: string }[] = [];
  const listen = (event: unknown): void => void events.push(event as (typeof events)[number]);
  subscribe("redlock-kit:node", listen);
  onTestFinished(() => void unsubscribe("redlock-kit:node", listen));
  return events;
}

describe("a node that restarted empty", () => {
  test("makes no false quorum with a node that never had the lease", async () => {
    const { clock, servers, another, connect } = await cluster(3, { ttlMs: 10_000 });
    const connections = connect();
    connections[2]?.faults.disconnect();
    const lease = await another({}, connections).acquire("k");
    const others = another();
    await clock.advance(1_000);
    servers[1]?.restart();
    // Node 1 has the lease, node 2 has forgotten it, node 3 never had it.
    const acquiring = others.acquire("k", { waitMs: 0 });
    await clock.advance(100);
    await expect(acquiring).rejects.toThrow(
      lockError("ERR_LOCK_HELD", {
        votes: expect.arrayContaining([expect.objectContaining({ node: "node-1", outcome: "held" })]),
        retryAfterMs: expect.closeTo(9_000, -2),
      }),
    );
    expect(lease.valid).toBe(true);
  });

  test("votes again when every lease that it may have forgotten is over", async () => {
    const { clock, servers, nodes, locks } = await cluster(3, { ttlMs: 10_000 });
    servers[1]?.restart();
    nodes[2]?.faults.disconnect();
    await clock.advance(9_900);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("ERR_LOCK_UNAVAILABLE");
    expect(locks.stats().nodes[1]).toMatchObject({
      voting: false,
      reason: expect.stringMatching(/^restarted/),
    });
    await clock.advance(200);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
    expect(locks.stats().nodes[1]?.voting).toBe(true);
  });

  test("is kept out for the longest ttl in use", async () => {
    const { clock, servers, nodes, locks } = await cluster(3, { ttlMs: 10_000 });
    await locks.acquire("long", { ttlMs: 60_000, autoExtend: false });
    servers[1]?.restart();
    nodes[2]?.faults.disconnect();
    await clock.advance(59_000);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("ERR_LOCK_UNAVAILABLE");
    await clock.advance(2_000);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("fulfilled");
  });

  test("is kept out as well by a process that starts later and meets it for the first time", async () => {
    const { clock, servers, another, connect } = await cluster(3, { ttlMs: 10_000 });
    servers[1]?.restart();
    await clock.advance(4_000);
    const connections = connect();
    connections[2]?.faults.disconnect();
    const late = another({}, connections);
    await expect(late.acquire("k", { waitMs: 0 })).rejects.toThrow(
      /node-2 unknown \(restarted: votes again in 6000 ms\)/,
    );
    await clock.advance(6_100);
    expect((await late.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });

  test("costs nothing while the others are a quorum", async () => {
    const { clock, servers, locks, holders } = await cluster(3);
    servers[1]?.restart();
    const lease = await locks.acquire("k", { waitMs: 0 });
    await lease.extend();
    await clock.advance(0);
    expect([lease.valid, await holders("k", lease.token)]).toEqual([true, 3]);
  });

  test("is said to be quarantined, and admitted again", async () => {
    const { clock, servers, locks } = await cluster(3, { ttlMs: 10_000 });
    const events = nodeEvents();
    servers[1]?.restart();
    await clock.advance(0);
    expect(events.map(({ node, change }) => [node, change])).toEqual([
      ["node-2", "disconnected"],
      ["node-2", "quarantined"],
    ]);
    await clock.advance(10_100);
    await locks.acquire("k");
    expect(events.at(-1)).toMatchObject({ node: "node-2", change: "admitted" });
  });

  test("that was only disconnected for a while, and is the same, votes at once", async () => {
    const { clock, nodes, locks } = await cluster(3);
    nodes[1]?.faults.disconnect();
    await clock.advance(1_000);
    nodes[1]?.faults.reconnect();
    nodes[2]?.faults.disconnect();
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });

  test("is waited for by an acquire that is willing to", async () => {
    const { clock, servers, nodes, locks } = await cluster(3, { ttlMs: 10_000 });
    servers[1]?.restart();
    nodes[2]?.faults.disconnect();
    const waiting = locks.acquire("k", { waitMs: 20_000 });
    await clock.advance(9_000);
    expect(await stateOf(waiting)).toBe("pending");
    await clock.advance(1_500);
    expect(await stateOf(waiting)).toBe("fulfilled");
  });
});

describe("the quarantine is waived", () => {
  test("when no quorum is left without the nodes that restarted", async () => {
    const { clock, servers, locks } = await cluster(3);
    const events = nodeEvents();
    for (const server of servers) server.restart();
    await clock.advance(0);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
    const voting = locks.stats().nodes.filter((node) => node.voting);
    expect(voting.length).toBeGreaterThanOrEqual(2);
    const admitted = events.filter(({ change }) => change === "admitted");
    expect(admitted.length).toBe(voting.length);
    expect(admitted[0]).toMatchObject({ reason: expect.stringMatching(/too few other nodes/) });
  });

  test("at the first start of everything, for all nodes", async () => {
    const { clock, servers, another } = await cluster(3);
    for (const server of servers) server.restart();
    const first = another();
    await clock.advance(0);
    expect((await first.acquire("k", { waitMs: 0 })).valid).toBe(true);
    expect(first.stats().nodes.map(({ voting }) => voting)).toEqual([true, true, true]);
  });

  test("when two of three have restarted", async () => {
    const { clock, servers, locks } = await cluster(3);
    for (const server of servers.slice(0, 2)) server.restart();
    await clock.advance(0);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });

  test("not because others are out of reach: they may remember", async () => {
    const { clock, servers, nodes, locks } = await cluster(3);
    for (const node of nodes.slice(1)) node.faults.disconnect();
    servers[0]?.restart();
    await clock.advance(0);
    nodes[1]?.faults.reconnect();
    await clock.advance(0);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("ERR_LOCK_UNAVAILABLE");
  });

  test("not because of a restart that is only by the monotonic clock not long ago: it stood still while suspended", async () => {
    const { clock, servers, locks } = await cluster(3, { ttlMs: 10_000 });
    servers[2]?.restart();
    await clock.advance(0);
    clock.jumpWall(20_000);
    servers[1]?.restart();
    await clock.advance(0);
    expect(locks.stats().nodes.map(({ voting }) => voting)).toEqual([true, false, false]);
  });

  test("never where restartQuarantineMs was set", async () => {
    const { clock, servers, locks } = await cluster(3, { restartQuarantineMs: 30_000 });
    for (const server of servers) server.restart();
    await clock.advance(29_900);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("ERR_LOCK_UNAVAILABLE");
    await clock.advance(200);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("fulfilled");
  });
});

describe("restartQuarantineMs", () => {
  test("of 0 turns it off", async () => {
    const { servers, nodes, locks, clock } = await cluster(3, { restartQuarantineMs: 0 });
    servers[1]?.restart();
    nodes[2]?.faults.disconnect();
    await clock.advance(0);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });

  test("is the time, however long the leases are", async () => {
    const { clock, servers, nodes, locks } = await cluster(3, { restartQuarantineMs: 2_000, ttlMs: 60_000 });
    servers[1]?.restart();
    nodes[2]?.faults.disconnect();
    await clock.advance(1_900);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("ERR_LOCK_UNAVAILABLE");
    await clock.advance(200);
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("fulfilled");
  });

  test("is off for a single node, unless it is set", async () => {
    const [off, on] = [await cluster(1), await cluster(1, { restartQuarantineMs: 5_000 })];
    for (const { servers, clock } of [off, on]) {
      servers[0]?.restart();
      await clock.advance(0);
    }
    expect((await off.locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
    expect(await stateOf(on.locks.acquire("k", { waitMs: 0 }))).toBe("ERR_LOCK_UNAVAILABLE");
    await on.clock.advance(5_100);
    expect((await on.locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });
});
