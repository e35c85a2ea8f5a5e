import { describe, expect, test } from "vitest";
import { cluster, lockError, occupy, stateOf } from "./cluster.js";

describe.each([1, 2, 3, 4, 5])("what is known of a lock over N = %d nodes", (n) => {
  const quorum = Math.floor(n / 2) + 1;

  test("is nothing when it is free, or was released", async () => {
    const { locks } = await cluster(n);
    expect(await locks.inspect("k")).toBeNull();
    await (await locks.acquire("k")).release();
    expect(await locks.inspect("k")).toBeNull();
  });

  test("is who holds it, for how long, and what each node says", async () => {
    const { locks, another } = await cluster(n);
    const lease = await locks.acquire("k", { ttlMs: 8_000 });
    const state = await another().inspect("k");
    const { token, fencingToken } = lease;
    expect(state).toEqual({
      key: "k",
      token,
      fencingToken,
      remainingMs: 8_000,
      waiters: 0,
      nodes: Array.from({ length: n }, (_, i) => ({
        node: `node-${i + 1}`,
        token,
        fencingToken,
        remainingMs: 8_000,
        reason: undefined,
      })),
    });
  });

  test("is the holder of a quorum, and for as long as that has one", async () => {
    const { servers, locks } = await cluster(n);
    for (const [i, server] of servers.slice(0, quorum).entries()) {
      await occupy(server, "k", 1_000 * (i + 1), "holder");
    }
    expect(await locks.inspect("k")).toMatchObject({ token: "holder", remainingMs: 1_000 });
  });

  test("is that nobody holds it when there are only contenders with a minority", async () => {
    const { servers, locks } = await cluster(n);
    for (const [i, server] of servers.entries()) {
      if (i % 2 === 0 && i / 2 < quorum - 1) await occupy(server, "k", 1_000, "one");
    }
    expect(await locks.inspect("k")).toBeNull();
  });

  test("is unknown when too few nodes answer to tell", async () => {
    const { clock, nodes, locks } = await cluster(n);
    for (const node of nodes.slice(0, n - quorum + 1)) node.faults.lose("requests");
    const inspecting = locks.inspect("k");
    await clock.advance(1_000);
    expect(await stateOf(inspecting)).toBe("ERR_LOCK_UNAVAILABLE");
    await expect(inspecting).rejects.toThrow(
      lockError("ERR_LOCK_UNAVAILABLE", {
        votes: expect.arrayContaining([expect.objectContaining({ node: "node-1", outcome: "unknown" })]),
      }),
    );
  });
});

describe("looking at a lock", () => {
  test("changes nothing", async () => {
    const { clock, locks, another } = await cluster(3);
    const lease = await locks.acquire("k", { autoExtend: false });
    await another().inspect("k");
    await clock.advance(5_000);
    expect((await locks.inspect("k"))?.remainingMs).toBe(5_000);
    expect(lease.valid).toBe(true);
  });

  test("waits for every node, since an operator wants the whole picture", async () => {
    const { clock, nodes, locks } = await cluster(3);
    await locks.acquire("k");
    nodes[2]?.faults.delay("replies", 300);
    const inspecting = locks.inspect("k");
    await clock.advance(299);
    expect(await stateOf(inspecting)).toBe("pending");
    await clock.advance(1);
    expect((await inspecting)?.nodes.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined]);
  });

  test("tells how many wait for it in this process", async () => {
    const { clock, locks, another } = await cluster(1);
    await another().acquire("k");
    for (let i = 0; i < 3; i++) locks.acquire("k").catch(() => {});
    await clock.advance(10);
    expect((await locks.inspect("k"))?.waiters).toBe(3);
  });
});
