import type { Lease } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { type Cluster, cluster, namesOf } from "./cluster.js";

describe("no second process gets a lock", () => {
  async function gets({ locks, clock }: Pick<Cluster, "locks" | "clock">): Promise<boolean> {
    await clock.advance(0);
    const trying = locks.tryAcquire("k").catch(() => null);
    await clock.advance(2_000);
    return (await trying) !== null;
  }

  test("because of a waiver of long ago, which is none for a node that is met later", async () => {
    const { clock, servers, another, connect } = await cluster(3);
    const [ours, theirs] = [connect(), connect()];
    for (const server of servers) server.restart();
    ours[2]?.faults.disconnect();
    theirs[1]?.faults.disconnect();
    const locks = another({}, ours);
    await (await locks.acquire("k", { waitMs: 0 })).release();
    await clock.advance(3_600_000);
    const lease = await another({}, theirs).acquire("k");
    servers[2]?.restart();
    ours[2]?.faults.reconnect();
    expect([await gets({ locks, clock }), lease.valid]).toEqual([false, true]);
  });

  test("after a fail-over to a replica that has long been up, and never saw the lease", async () => {
    const { clock, servers, nodes, locks, another, connect } = await cluster(3);
    await (await locks.acquire("k")).release();
    await clock.advance(3_600_000);
    const theirs = connect();
    theirs[2]?.faults.disconnect();
    const lease = await another({}, theirs).acquire("k");
    const identity = { runId: "replica", uptimeMs: Number.POSITIVE_INFINITY, unfit: null, warnings: [] };
    Object.assign(nodes[1] ?? {}, { identify: async () => identity });
    await servers[1]?.release({ keys: [namesOf("k")], token: null, lockDelayMs: 0, keepMs: 0 });
    nodes[1]?.faults.disconnect();
    nodes[1]?.faults.reconnect();
    expect([await gets({ locks, clock }), lease.valid]).toEqual([false, true]);
  });

  test("after restarts one by one, by a process that was idle meanwhile", async () => {
    const { clock, servers, locks, another, connect } = await cluster(3);
    const theirs = connect();
    theirs[0]?.faults.disconnect();
    await clock.advance(60_000);
    servers[0]?.restart();
    await clock.advance(60_000);
    const lease = await another({}, theirs).acquire("k");
    servers[1]?.restart();
    expect([await gets({ locks, clock }), lease.valid]).toEqual([false, true]);
  });

  test("because a restarted node that is met again in its quarantine is kept out anew", async () => {
    const { clock, servers, nodes, locks, another, connect } = await cluster(3, { ttlMs: 10_000 });
    // Every node has had a vote that counted.
    for (const node of nodes.slice(0, 2)) {
      node.faults.disconnect();
      await (await locks.acquire("warm up")).release();
      node.faults.reconnect();
      await clock.advance(0);
    }
    servers[2]?.restart();
    await clock.advance(5_000);
    nodes[2]?.faults.disconnect();
    nodes[2]?.faults.reconnect();
    await clock.advance(5_500);
    expect(locks.stats().nodes[2]).toMatchObject({ voting: true });
    const theirs = connect();
    theirs[2]?.faults.disconnect();
    const lease = await another({}, theirs).acquire("k");
    servers[1]?.restart();
    expect([await gets({ locks, clock }), lease.valid]).toEqual([false, true]);
  });

  test("because a node that restarted before its loss was noticed counts as one that just did", async () => {
    const { clock, servers, nodes, locks, another, connect } = await cluster(3, { ttlMs: 10_000 });
    await (await locks.acquire("warm up")).release();
    const theirs = connect();
    theirs[1]?.faults.disconnect();
    const lease = await another({}, theirs).acquire("k");
    // The connection to the second is half-open: its server is a new one since long when the loss is noticed.
    await clock.advance(60_000);
    Object.assign(nodes[1] ?? {}, {
      identify: async () => ({ runId: "new", uptimeMs: 30_000, unfit: null, warnings: [] }),
    });
    nodes[1]?.faults.disconnect();
    nodes[1]?.faults.reconnect();
    servers[2]?.restart();
    expect([await gets({ locks, clock }), lease.valid]).toEqual([false, true]);
  });

  test("with a grant that it heard before the node restarted, which has helped to extend another's lease since", async () => {
    const { clock, servers, another, connect } = await cluster(3, { ttlMs: 10_000, autoExtend: false });
    const [ours, theirs] = [connect(), connect()];
    const [locks, others] = [another({}, ours), another({ ttlMs: 300 }, theirs)];
    await clock.advance(0);
    theirs[0]?.faults.lose("requests", "grant");
    const lease = await others.acquire("k");
    theirs[0]?.faults.resume();
    await clock.advance(2);
    ours[1]?.faults.delay("requests", 330, "grant");
    let acquired: Lease | undefined;
    void locks.acquire("k", { waitMs: 0 }).then(
      (granted) => (acquired = granted),
      () => {},
    );
    await clock.advance(1);
    // The first node has granted, and restarts; the other lease is repaired there, and loses the second.
    ours[0]?.faults.disconnect();
    servers[0]?.restart();
    await clock.advance(9);
    await lease.extend();
    await clock.advance(91);
    theirs[1]?.faults.lose("requests");
    const extending = lease.extend().catch(() => null);
    await clock.advance(237);
    await extending;
    expect(lease.valid && acquired?.valid === true).toBe(false);
  });
});
