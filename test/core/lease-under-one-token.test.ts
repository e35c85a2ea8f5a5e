import { describe, expect, test } from "vitest";
import { FENCE_EPOCH_MS, FENCE_STEP } from "../../packages/core/src/quorum/fencing.js";
import { Gate } from "../support/gate.js";
import { type Cluster, cluster, lockError, namesOf, occupy, stateOf } from "./cluster.js";

/** Takes `key` away on some nodes, behind the back of whoever holds it. */
async function takeAway(servers: Cluster["servers"], key: string): Promise<void> {
  for (const server of servers) {
    await server.release({ keys: [namesOf(key)], token: null, lockDelayMs: 0, keepMs: 0 });
  }
}

describe("releasing a lease that is over", () => {
  test("leaves a retry its lock, which is held under the same token", async () => {
    const c = await cluster(3);
    const first = await c.locks.acquire("k", { token: "job-7" });
    c.clock.freeze(20_000);
    const second = await c.locks.acquire("k", { token: "job-7" });
    expect(second.fencingToken).toBeGreaterThan(first.fencingToken);
    expect(await first.release()).toBe(false);
    await c.clock.advance(0);
    expect([second.valid, await c.holders("k", "job-7")]).toEqual([true, 3]);
    expect(await c.another().tryAcquire("k")).toBeNull();
  });

  test("leaves a retry in another process its lock", async () => {
    const c = await cluster(3);
    const work = c.locks.withLock(
      "k",
      async () => {
        c.clock.freeze(20_000);
        return c.another().acquire("k", { token: "job-7" });
      },
      { token: "job-7", onLost: "ignore" },
    );
    const second = await work;
    await c.clock.advance(0);
    expect([second.valid, await c.holders("k", "job-7")]).toEqual([true, 3]);
  });

  test("leaves the lock to whoever took it over by its generated token", async () => {
    const c = await cluster(3);
    const first = await c.locks.acquire("k", { autoExtend: false });
    const second = await c.another().extend("k", first.token, 60_000);
    await c.clock.advance(15_000);
    expect(first.valid).toBe(false);
    expect(await first.release()).toBe(false);
    await c.clock.advance(0);
    expect([second.valid, await c.holders("k", first.token)]).toEqual([true, 3]);
  });

  test("leaves the lease its lock that was granted anew when the nodes had lost the first", async () => {
    const c = await cluster(3);
    const first = await c.locks.acquire("k", { token: "t" });
    await takeAway(c.servers, "k");
    const second = await c.locks.acquire("k", { token: "t" });
    expect([second === first, first.signal.reason]).toEqual([false, lockError("ERR_LOCK_LOST")]);
    expect(await first.release()).toBe(false);
    await c.clock.advance(0);
    expect([second.valid, await c.holders("k", "t")]).toEqual([true, 3]);
  });

  test("gives back nothing either when an extension has told the loss while it was acquired again", async () => {
    const c = await cluster(3);
    const first = await c.locks.acquire("k", { token: "t" });
    await takeAway(c.servers.slice(0, 2), "k");
    for (const node of c.nodes) node.faults.delay("replies", 5);
    const extending = expect(first.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST"));
    const acquiring = c.locks.acquire("k", { token: "t" });
    await c.clock.advance(50);
    await extending;
    expect([(await acquiring).valid, await c.holders("k", "t")]).toEqual([true, 3]);
  });
});

describe("a lock that is acquired again under its token", () => {
  test("is not taken away by the release before it that a node is still owed", async () => {
    const c = await cluster(1);
    const first = await c.locks.acquire("k", { token: "t" });
    c.nodes[0]?.faults.fail(new Error("BUSY Redis is busy running a script"), "release");
    await first.release();
    c.nodes[0]?.faults.resume();
    const again = await c.locks.acquire("k", { token: "t" });
    c.nodes[0]?.faults.disconnect();
    c.nodes[0]?.faults.reconnect();
    await c.clock.advance(500);
    expect([again.valid, await c.holders("k", "t")]).toEqual([true, 1]);
    expect(c.nodes[0]?.faults.carriedOut).not.toContain("release");
  });

  test("comes after a release that is under way", async () => {
    const c = await cluster(3);
    for (const node of c.nodes) node.faults.delay("requests", 5);
    const acquiring = c.locks.acquire("k", { token: "t" });
    await c.clock.advance(20);
    const releasing = (await acquiring).release();
    const again = c.locks.acquire("k", { token: "t" });
    await c.clock.advance(50);
    expect([await releasing, (await again).valid, await c.holders("k", "t")]).toEqual([true, true, 3]);
  });

  test("comes after an acquire that was aborted while under way", async () => {
    const c = await cluster(3);
    for (const node of c.nodes) node.faults.delay("requests", 5);
    const leaving = new AbortController();
    const aborted = expect(c.locks.acquire("k", { token: "t", signal: leaving.signal })).rejects.toThrow(
      lockError("ERR_LOCK_ABORTED"),
    );
    await c.clock.advance(1);
    leaving.abort();
    const again = c.locks.acquire("k", { token: "t" });
    await c.clock.advance(50);
    await aborted;
    expect([(await again).valid, await c.holders("k", "t")]).toEqual([true, 3]);
  });

  test("stays valid when a counter that was apart now decides the fencing token, and nobody had it meanwhile", async () => {
    const c = await cluster(3);
    // A contender's vote that failed has left node 3 with a larger counter.
    const proposal = (c.clock.wall() + 20_000 - FENCE_EPOCH_MS) * FENCE_STEP;
    const times = { ttlMs: 1_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, maxSkewMs: 60_000 };
    await c.servers[2]?.grant({ keys: [namesOf("k")], token: "loser", proposal, ...times });
    await takeAway(c.servers, "k");
    const lease = await c.locks.acquire("k", { token: "t" });
    c.nodes[0]?.faults.disconnect();
    const acquiring = c.locks.acquire("k", { token: "t" });
    await c.clock.advance(100);
    const again = await acquiring;
    expect([lease.valid, lease.signal.aborted, again.valid]).toEqual([true, false, true]);
  });
});

describe("an own lease that is acquired again takes up the more of both calls' options", () => {
  test.each([
    [false, true],
    [true, false],
  ])("autoExtend: %s, then %s", async (before, after) => {
    const c = await cluster(3);
    const options = { token: "t", ttlMs: 5_000 };
    const lease = await c.locks.acquire("k", { ...options, autoExtend: before });
    expect(await c.locks.acquire("k", { ...options, autoExtend: after })).toBe(lease);
    await c.clock.advance(60_000);
    expect(lease.valid).toBe(true);
  });

  test("so withLock keeps a lease alive that was taken over", async () => {
    const c = await cluster(3);
    const { token } = await c.another().acquire("k", { autoExtend: false });
    await c.locks.extend("k", token, 5_000);
    const working = c.locks.withLock(
      "k",
      async (lease) => {
        await new Promise<void>((resolve) => void c.clock.setTimer(resolve, 20_000));
        return lease.valid;
      },
      { token },
    );
    await c.clock.advance(21_000);
    expect(await working).toBe(true);
  });

  test("minHoldMs", async () => {
    const c = await cluster(1);
    const lease = await c.locks.acquire("k", { token: "t" });
    await c.locks.acquire("k", { token: "t", minHoldMs: 30_000 });
    await lease.release();
    await c.clock.advance(29_000);
    expect(await c.another().tryAcquire("k")).toBeNull();
    await c.clock.advance(1_100);
    expect((await c.another().tryAcquire("k"))?.valid).toBe(true);
  });

  test("maxHoldMs", async () => {
    const c = await cluster(1);
    const options = { token: "t", ttlMs: 5_000 };
    const lease = await c.locks.acquire("k", { ...options, maxHoldMs: 10_000 });
    await c.locks.acquire("k", { ...options, maxHoldMs: 60_000 });
    await c.clock.advance(55_000);
    expect(lease.valid).toBe(true);
    await c.clock.advance(10_000);
    expect(lease.valid).toBe(false);
  });
});

describe("two functions that run under one token", () => {
  test.each(["first", "second"] as const)(
    "keep the lock until both have ended: the %s ends first",
    async (first) => {
      const c = await cluster(3);
      const ends = { first: new Gate(), second: new Gate() };
      const one = c.locks.withLock("k", () => ends.first.opened, { token: "t" });
      await c.clock.advance(0);
      const two = c.locks.withLock("k", () => ends.second.opened, { token: "t" });
      await c.clock.advance(0);
      const runs = { first: one, second: two };
      const last = first === "first" ? "second" : "first";
      ends[first].open();
      await runs[first];
      expect(await c.another().tryAcquire("k")).toBeNull();
      expect(await c.holders("k", "t")).toBe(3);
      ends[last].open();
      await runs[last];
      expect(await c.holders("k")).toBe(0);
    },
  );

  test("are both waited for by a manager that closes", async () => {
    const c = await cluster(1);
    const ends = [new Gate(), new Gate()];
    const runs = [];
    for (const { opened } of ends) {
      runs.push(c.locks.withLock("k", () => opened, { token: "t" }));
      await c.clock.advance(0);
    }
    let closed = false;
    const closing = c.locks.close({ graceMs: 60_000 }).then(() => (closed = true));
    ends[0]?.open();
    await runs[0];
    await c.clock.advance(1_000);
    expect([closed, await c.holders("k", "t")]).toEqual([false, 1]);
    ends[1]?.open();
    await Promise.all([...runs, closing]);
    expect(await c.holders("k")).toBe(0);
  });
});

test("two who wait under tokens of their own do not keep a lock from each other that nobody holds", async () => {
  const c = await cluster(2, { ttlMs: 1_000, waitMs: 10_000 });
  const theirs = c.connect();
  const other = c.another({}, theirs);
  await c.clock.advance(0);
  // Each has one node that grants and says so too late, and one that hears nothing.
  for (const [late, deaf] of [c.nodes, [...theirs].reverse()]) {
    late?.faults.delay("replies", 300);
    deaf?.faults.lose("requests");
  }
  const one = c.locks.acquire("k", { token: "one" });
  const two = other.acquire("k", { token: "two" });
  await c.clock.advance(400);
  for (const { faults } of [...c.nodes, ...theirs]) faults.resume();
  const first = Promise.race([one, two]);
  await c.clock.advance(3_000);
  expect((await first).valid).toBe(true);
  await (await first).release();
  await c.clock.advance(3_000);
  expect((await Promise.all([one, two])).filter(({ valid }) => valid)).toHaveLength(1);
});

test("what a node grants is no vote while a release of the same token may still be under way to it", async () => {
  const c = await cluster(3, { ttlMs: 10_000, nodeTimeoutMs: 100 });
  // The first vote fails, and its release to the third node is held back.
  for (const server of c.servers.slice(0, 2)) await occupy(server, "k", 1_000);
  c.nodes[2]?.faults.hold("requests", "release");
  const acquiring = c.locks.acquire("k", { token: "t", waitMs: 30_000 });
  await c.clock.advance(500);
  c.nodes[1]?.faults.disconnect();
  await c.clock.advance(3_000);
  expect(await stateOf(acquiring)).toBe("pending");
  c.nodes[2]?.faults.resume();
  await c.clock.advance(3_000);
  expect([(await acquiring).valid, await c.holders("k", "t")]).toEqual([true, 2]);
});
