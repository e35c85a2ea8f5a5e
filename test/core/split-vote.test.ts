import { manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { cluster, stateOf } from "./cluster.js";

/** A repeatable source of chance. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Contenders that all ask at the same moment, each of them nearest to another node: its requests reach that
 * one first, so that each gets about as many votes as the others.
 */
async function contend(nodes: number, contenders: number, seed: number, waitMs: number) {
  const c = await cluster(nodes, {}, manualClock(undefined, chance(seed)));
  const managers = Array.from({ length: contenders }, (_, me) => {
    const connections = c.connect();
    for (const [i, node] of connections.entries()) {
      node.faults.delay("requests", i % contenders === me ? 1 : 2 + ((i + me) % 3), "grant");
      // Nobody hears of a refusal, and so gives back, before the others have asked.
      node.faults.delay("replies", 5, "grant");
    }
    return c.another({}, connections);
  });
  await c.clock.advance(0);
  let inside = 0;
  let most = 0;
  let done = 0;
  const work = managers.map((locks) =>
    locks.withLock(
      "k",
      async () => {
        most = Math.max(most, ++inside);
        await new Promise<void>((resolve) => void c.clock.setTimer(resolve, 5));
        inside--;
        done++;
      },
      { waitMs },
    ),
  );
  for (const one of work) one.catch(() => {});
  // The first vote is over, and nobody has won it.
  await c.clock.advance(9);
  expect(most).toBe(0);
  return { ...c, work, progress: () => ({ most, done }) };
}

describe.each([
  [2, 2, "1:1"],
  [3, 3, "1:1:1"],
  [4, 2, "2:2"],
  [4, 4, "1:1:1:1"],
  [5, 3, "2:2:1"],
])("%d nodes and %d contenders, who split the vote %s", (nodes, contenders) => {
  test.each([1, 2, 3, 4, 5])("all get the lock one after the other, soon (seed %d)", async (seed) => {
    const { clock, work, progress } = await contend(nodes, contenders, seed, 60_000);
    await clock.advance(5_000);
    for (const one of work) expect(await stateOf(one)).toBe("fulfilled");
    expect(progress()).toEqual({ most: 1, done: contenders });
  });

  test("get an answer within a moment when they make one attempt only", async () => {
    const { clock, work, progress } = await contend(nodes, contenders, 1, 0);
    await clock.advance(500);
    const states = await Promise.all(work.map(stateOf));
    expect(states.filter((state) => state !== "fulfilled" && state !== "ERR_LOCK_HELD")).toEqual([]);
    expect(progress().most).toBe(1);
    expect(progress().done).toBeGreaterThanOrEqual(1);
  });
});

describe("a split vote with a third node out of order", () => {
  test.each(["disconnected", "silent"] as const)("resolves although that one is %s", async (how) => {
    const c = await cluster(3, {}, manualClock(undefined, chance(1)));
    const managers = [0, 1].map((me) => {
      const connections = c.connect();
      for (const [i, node] of connections.entries()) {
        node.faults.delay("requests", i === me ? 1 : 3, "grant");
        node.faults.delay("replies", 5, "grant");
        if (i === 2 && how === "disconnected") node.faults.disconnect();
        if (i === 2 && how === "silent") node.faults.lose("requests");
      }
      return c.another({}, connections);
    });
    await c.clock.advance(0);
    const since = c.clock.monotonic();
    const held: number[] = [];
    const work = managers.map((locks) =>
      locks.withLock("k", () => void held.push(c.clock.monotonic() - since), { waitMs: 30_000 }),
    );
    await c.clock.advance(10_000);
    expect(await Promise.all(work.map(stateOf))).toEqual(["fulfilled", "fulfilled"]);
    // One that is known to be away costs no deadline; one that is silent costs one, and no live-lock after it.
    expect(Math.max(...held)).toBeLessThan(how === "disconnected" ? 500 : 3_000);
  });
});

describe("after two split votes", () => {
  test("the nodes are asked one by one, in an order that all processes share", async () => {
    const c = await cluster(
      2,
      {},
      manualClock(undefined, () => 0),
    );
    const order: string[][] = [];
    const managers = [0, 1].map((me) => {
      const connections = c.connect();
      const asked: string[] = [];
      order.push(asked);
      const watched = connections.map((node, i) => {
        node.faults.delay("requests", i === me ? 1 : 2, "grant");
        node.faults.delay("replies", 5, "grant");
        const grant = node.grant.bind(node);
        return Object.assign(node, {
          grant: (request: Parameters<typeof grant>[0]) => {
            asked.push(node.name);
            return grant(request);
          },
        });
      });
      // The second process was given the nodes in another order.
      return c.another({ retry: () => null }, me === 0 ? watched : watched.reverse());
    });
    await c.clock.advance(0);
    const trying = managers.map((locks) => locks.tryAcquire("k"));
    await c.clock.advance(1_000);
    const leases = await Promise.all(trying);
    expect(leases.filter((lease) => lease !== null).length).toBe(1);
    // Four requests of two votes at once; then the common first node before any other.
    expect(order.map((asked) => asked[4])).toEqual(["node-1", "node-1"]);
  });
});
