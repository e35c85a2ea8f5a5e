import { type FaultyNode, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { type Cluster, cluster, lockError, manager, namesOf, occupy } from "./cluster.js";

/*
 * What nodes know of a token that somebody takes up again, or of a key that they have forgotten, must not lead to a
 * second holder, to a fencing token that was given before, or to a smaller one.
 */

describe("a lease that is taken up by its token", () => {
  test.each(["extend", "acquire"] as const)(
    "by %s has no fencing token of another's, though a late repair put it behind that one",
    async (way) => {
      const c = await cluster(3, { autoExtend: false, restartQuarantineMs: 0 });
      const old = await c.locks.acquire("k", { token: "t" });
      await forget(c, 0);
      const extending = old.extend(10_000);
      c.nodes[0]?.faults.hold("requests", "extend");
      await extending;
      // The third node keeps it for longer, as one whose clock is slow.
      const extension = { ttlMs: 60_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, repair: false };
      await c.servers[2]?.extend({ keys: [namesOf("k")], token: "t", fence: old.fencingToken, ...extension });
      await c.clock.advance(10_100);
      const next = await c.another().acquire("k", { waitMs: 0 });
      await next.release();
      c.nodes[0]?.faults.resume();
      await c.clock.advance(0);

      const connections = c.connect();
      const other = c.another({}, connections);
      await c.clock.advance(0);
      if (way === "acquire") connections[1]?.faults.disconnect();
      const again =
        way === "extend"
          ? await other.extend("k", "t", 10_000)
          : await other.acquire("k", { token: "t", waitMs: 0 });
      expect(again.fencingToken).toBeGreaterThan(next.fencingToken);
    },
  );

  test("is none if it takes a node to vote for it that may have forgotten another lease", async () => {
    const c = await cluster(3, { ttlMs: 60_000, autoExtend: false });
    const theirs = c.connect();
    theirs[2]?.faults.disconnect();
    const held = await c.another({}, theirs).acquire("k");
    c.servers[1]?.restart();
    await c.clock.advance(0);
    // An acquire under a token of its own fails, and nothing of it is given back.
    const dying = c.connect();
    const process = c.another({}, dying);
    await c.clock.advance(0);
    for (const { faults } of dying) faults.lose("requests", "release");
    const failed = expect(process.acquire("k", { token: "job", waitMs: 0 })).rejects.toThrow(
      lockError("ERR_LOCK_UNAVAILABLE"),
    );
    await c.clock.advance(2_000);
    await failed;
    const taking = expect(c.another().extend("k", "job", 10_000)).rejects.toThrow(
      lockError("ERR_LOCK_UNAVAILABLE", {
        votes: expect.arrayContaining([
          expect.objectContaining({ node: "node-2", reason: expect.stringMatching(/^restarted/) as string }),
        ]) as unknown,
      }),
    );
    await c.clock.advance(2_000);
    await taking;
    expect(held.valid).toBe(true);
  });
});

describe("when one of the nodes that knew a fencing token has restarted", () => {
  test.each([20_000, 3_600_000])(
    "the next one is larger, though the next holder's clock is %d ms behind",
    async (behindMs) => {
      const c = await cluster(3, { autoExtend: false });
      const theirs = c.connect();
      theirs[2]?.faults.disconnect();
      const before = await c.another({}, theirs).acquire("k");
      await before.release();
      c.servers[1]?.restart();
      await c.clock.advance(11_000);
      const slow = manualClock(c.clock.wall() - behindMs);
      const others = c.connect();
      others[0]?.faults.disconnect();
      const locks = manager({ nodes: others, clock: slow }, slow);
      const lease = await locks.acquire("k", { waitMs: 0 });
      expect(lease.fencingToken).toBeGreaterThan(before.fencingToken);
    },
  );
});

test("tokens grow past a counter that began again while its node was out of the vote", async () => {
  const c = await cluster(3, { autoExtend: false, ttlMs: 10_000 });
  const theirs = c.connect();
  theirs[2]?.faults.disconnect();
  const ahead = manualClock(c.clock.wall() + 3_000);
  const before = await manager({ nodes: theirs, clock: ahead }, ahead).acquire("k");
  await before.release();
  c.servers[1]?.restart();
  // Somebody whose clock is behind is granted the lock by both nodes at once, which is one vote.
  const slow = manualClock(c.clock.wall() - 3_600_000);
  for (const server of c.servers.slice(1)) await occupy(server, "k", 10);
  await c.clock.advance(11_000);
  const others = c.connect();
  others[0]?.faults.disconnect();
  const lease = await manager({ nodes: others, clock: slow }, slow).acquire("k", { waitMs: 0 });
  expect(lease.fencingToken).toBeGreaterThan(before.fencingToken);
});

test("a node whose clock is hours ahead costs nobody a second vote for every lock", async () => {
  const c = await cluster(3);
  const keys = ["a", "b", "c"];
  const hoursAhead = Math.round((c.clock.wall() + 10 * 3_600_000 - Date.UTC(2020, 0, 1)) * 4096);
  for (const key of keys) {
    await c.servers[0]?.grant({
      keys: [namesOf(key)],
      token: "odd",
      proposal: hoursAhead,
      ttlMs: 3,
      lockDelayMs: 0,
      fenceTtlMs: 3_600_000,
      maxSkewMs: 1e12,
    });
  }
  await c.clock.advance(10);
  for (const key of keys) await c.locks.acquire(key);
  const grants = c.nodes.map(
    ({ faults }) => faults.carriedOut.filter((request) => request === "grant").length,
  );
  expect(grants).toEqual([3, 3, 3]);
});

async function forget({ servers }: Cluster, node: number): Promise<void> {
  await servers[node]?.release({ keys: [namesOf("k")], token: null, keepMs: 0, lockDelayMs: 0 });
}

test.each(["tryAcquire", "acquire"] as const)(
  "%s under a token that waits for an earlier release settles when the manager is closed",
  async (way) => {
    const c = await cluster(3);
    // A client of the user's: closing the manager does not end it.
    const [a, b, third] = c.connect().map((node) => ({ ...node, close: async () => {} }));
    const locks = c.another({ waitMs: 0 }, [a, b, third] as FaultyNode[]);
    await (await locks.acquire("warm up")).release();
    for (const node of [b, third]) node?.faults.fail(new Error("no"), "grant");
    a?.faults.lose("requests", "release");
    await expect(locks[way]("k", { token: "t" })).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    for (const node of [b, third]) node?.faults.resume();
    a?.faults.lose("requests");
    // It is known to be silent by then, so that nobody waits for it.
    for (let turn = 0; turn < 3; turn++) {
      const other = locks.acquire("other");
      await c.clock.advance(600);
      await (await other).release();
    }
    const waiting = expect(locks[way]("k", { token: "t" })).rejects.toThrow(lockError("ERR_LOCK_CLOSED"));
    const closed = locks.close();
    await c.clock.advance(3_000);
    await closed;
    await waiting;
  },
);

test("an attempt that waits in vain for an earlier release says what it waited for", async () => {
  const c = await cluster(3, { waitMs: 0, ttlMs: 10_000 });
  for (const node of c.nodes.slice(1)) node.faults.fail(new Error("no"), "grant");
  c.nodes[0]?.faults.lose("requests", "release");
  await expect(c.locks.acquire("k", { token: "t" })).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
  for (const node of c.nodes.slice(1)) node.faults.resume();
  const failed = expect(c.locks.acquire("k", { token: "t" })).rejects.toThrow(
    /a release under this token may still be under way, for 10000 ms at most; another token need not wait/,
  );
  await c.clock.advance(2_000);
  await failed;
});

test("acquires of overlapping keys under one token don't give back what the other counts on", async () => {
  const c = await cluster(3, { autoExtend: false, waitMs: 0 });
  const theirs = c.connect();
  theirs[1]?.faults.disconnect();
  await c.another({}, theirs).acquire("m");
  const ours = c.connect();
  const locks = c.another({}, ours);
  await c.clock.advance(0);
  ours[2]?.faults.disconnect();
  const both = Promise.allSettled([
    locks.tryAcquire(["k", "m"], { token: "t" }),
    locks.tryAcquire("k", { token: "t" }),
  ]);
  await c.clock.advance(100);
  const [, k] = await both;
  const lease = k.status === "fulfilled" ? k.value : null;
  const other = await c.another().tryAcquire("k");
  expect([lease?.valid, other?.valid]).not.toEqual([true, true]);
  expect(lease?.valid || other?.valid).toBe(true);
});
