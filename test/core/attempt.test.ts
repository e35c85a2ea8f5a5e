import { describe, expect, test } from "vitest";
import { cluster, lockError, occupy, stateOf } from "./cluster.js";

describe.each([1, 2, 3, 4, 5])("one attempt over N = %d nodes", (n) => {
  const quorum = Math.floor(n / 2) + 1;
  const [minority, blocking] = [n - quorum, n - quorum + 1];

  test("asks all nodes at once", async () => {
    const { clock, nodes, locks } = await cluster(n);
    for (const node of nodes) node.faults.hold("requests");
    const acquiring = locks.acquire("k");
    expect(nodes.map(({ faults }) => faults.underWay)).toEqual(Array(n).fill(1));
    for (const node of nodes) node.faults.resume();
    await clock.advance(0);
    expect((await acquiring).valid).toBe(true);
  });

  test("is won as soon as a quorum has granted, whatever the others do", async () => {
    const { clock, nodes, locks } = await cluster(n);
    for (const node of nodes.slice(0, minority)) node.faults.hold("requests");
    const acquiring = locks.acquire("k");
    await clock.advance(0);
    expect(await stateOf(acquiring)).toBe("fulfilled");
  });

  test("is lost as soon as a quorum holds the key for somebody else", async () => {
    const { clock, nodes, locks, another } = await cluster(n);
    await another().acquire("k");
    for (const node of nodes.slice(0, minority)) node.faults.hold("requests");
    const trying = locks.tryAcquire("k");
    await clock.advance(0);
    expect(await stateOf(trying)).toBe("fulfilled");
    expect(await trying).toBeNull();
  });

  test("settles at the deadline when the silent nodes decide, and counts them as unknown", async () => {
    const { clock, nodes, locks } = await cluster(n, { nodeTimeoutMs: 500 });
    for (const node of nodes.slice(0, blocking)) node.faults.lose("requests");
    const acquiring = locks.acquire("k", { waitMs: 0 });
    await clock.advance(498);
    expect(await stateOf(acquiring)).toBe("pending");
    await clock.advance(2);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
    const votes = nodes.map(({ name }, i) =>
      i < blocking
        ? { node: name, outcome: "unknown", reason: "no answer within 500 ms" }
        : { node: name, outcome: "granted" },
    );
    await expect(acquiring).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE", { votes }));
  });

  test("is unavailable at once when nodes that decide are known to be disconnected", async () => {
    const { nodes, locks } = await cluster(n);
    for (const node of nodes.slice(0, blocking)) node.faults.disconnect();
    const votes = nodes
      .slice(0, blocking)
      .map(({ name }) => ({ node: name, outcome: "unknown", reason: "disconnected" }));
    await expect(locks.acquire("k", { waitMs: 0 })).rejects.toThrow(
      lockError("ERR_LOCK_UNAVAILABLE", { votes: expect.arrayContaining(votes) }),
    );
  });

  test("is unavailable as soon as nodes that decide have answered with errors, and says which", async () => {
    const { nodes, locks } = await cluster(n);
    for (const node of nodes.slice(0, blocking)) node.faults.fail(new Error("OOM command not allowed"));
    const trying = locks.tryAcquire("k");
    await expect(trying).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    await expect(trying).rejects.toThrow(/node-1 unknown \(OOM command not allowed\)/);
  });

  test("is won with every node of a minority disconnected", async () => {
    const { nodes, locks, holders } = await cluster(n);
    for (const node of nodes.slice(0, minority)) node.faults.disconnect();
    const lease = await locks.acquire("k");
    expect(await holders("k", lease.token)).toBe(quorum);
  });

  test("takes all keys or none", async () => {
    const { locks, another, holders } = await cluster(n);
    const other = await another().acquire("b");
    expect(await locks.tryAcquire(["a", "b", "c"])).toBeNull();
    expect([await holders("a"), await holders("c")]).toEqual([0, 0]);
    await other.release();
    const lease = await locks.acquire(["c", "a", "b", "a"]);
    expect(lease.keys).toEqual(["a", "b", "c"]);
    expect(await Promise.all(lease.keys.map((key) => holders(key, lease.token)))).toEqual([n, n, n]);
  });

  test("says when the lock is free on a quorum at the latest", async () => {
    const { servers, locks } = await cluster(n);
    // Somebody's lease, which ends on each node a second later than on the node before.
    for (const [i, server] of servers.entries()) await occupy(server, "k", 1_000 * (i + 1));
    await expect(locks.acquire("k", { waitMs: 0 })).rejects.toThrow(
      lockError("ERR_LOCK_HELD", { retryAfterMs: 1_000 * quorum }),
    );
  });
});

describe("the deadline of a node", () => {
  test.each([
    [10_000, 1_000, 1_000],
    [10_000, 300, 300],
    [1_000, 1_000, 200],
    [50, 1_000, 10],
  ])("for a ttl of %d ms and nodeTimeoutMs %d is %d ms", async (ttlMs, nodeTimeoutMs, deadlineMs) => {
    const { clock, nodes, locks } = await cluster(1, { nodeTimeoutMs });
    nodes[0]?.faults.lose("requests");
    const acquiring = locks.acquire("k", { ttlMs, waitMs: 0 });
    await clock.advance(deadlineMs - 2);
    expect(await stateOf(acquiring)).toBe("pending");
    await clock.advance(2);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_UNAVAILABLE");
  });
});

describe("a node that fell silent", () => {
  test("costs a deadline once, and then none until it is tried again", async () => {
    const { clock, nodes, locks } = await cluster(1);
    nodes[0]?.faults.hold("requests");
    const first = locks.acquire("k", { waitMs: 0 });
    await clock.advance(1_000);
    expect(await stateOf(first)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(await stateOf(locks.acquire("k", { waitMs: 0 }))).toBe("ERR_LOCK_UNAVAILABLE");
    await clock.advance(1_000);
    const again = locks.acquire("k", { waitMs: 0 });
    await clock.advance(0);
    expect(await stateOf(again)).toBe("pending");
    nodes[0]?.faults.resume();
    await clock.advance(0);
    expect(await stateOf(again)).toBe("fulfilled");
  });

  test("while the others decide is noticed all the same, and gets no more than a few requests", async () => {
    const { clock, nodes, locks } = await cluster(3);
    nodes[2]?.faults.hold("requests");
    for (let i = 0; i < 200; i++) {
      await (await locks.acquire("k")).release();
      await clock.advance(50);
    }
    expect(nodes[2]?.faults.underWay).toBeLessThan(100);
    expect(locks.stats().nodes[2]).toMatchObject({
      voting: false,
      reason: expect.stringMatching(/^silent for/),
    });
  });

  test("is asked again as soon as it answers", async () => {
    const { clock, nodes, locks } = await cluster(3);
    nodes[2]?.faults.hold("replies");
    const lease = await locks.acquire("k");
    await clock.advance(1_500);
    await (await locks.acquire("other")).release();
    // Its answer could have been waiting in the socket.
    await clock.advance(2);
    expect(locks.stats().nodes[2]?.voting).toBe(false);
    nodes[2]?.faults.resume();
    await clock.advance(0);
    expect(locks.stats().nodes[2]?.voting).toBe(true);
    expect(lease.valid).toBe(true);
  });
});
