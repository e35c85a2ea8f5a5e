import { describe, expect, test } from "vitest";
import { cluster, stateOf } from "../core/cluster.js";
import { expectNothingLeft, processes, sent, settle, since } from "./process.js";

describe.each([1, 3])("the waiters of one process, over %i node(s),", (size) => {
  test("get the lock in the order in which they came, with no time in between", async () => {
    const { clock, locks, servers } = await cluster(size, { waitMs: Infinity });
    const first = await locks.acquire("k");
    const order: number[] = [];
    const waiting = Array.from({ length: 100 }, async (_, i) => {
      const lease = await locks.acquire("k");
      order.push(i);
      await lease.release();
    });
    await clock.advance(10_000);
    expect([order, locks.stats().waiting]).toEqual([[], 100]);
    const before = clock.monotonic();
    await first.release();
    await settle(clock, 40);
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await Promise.all(waiting);
    expect(clock.monotonic()).toBe(before);
    const { handedOver, ...stats } = locks.stats();
    expect(stats).toMatchObject({ held: 0, acquired: 101, waited: 100 });
    // Now and then another process, if there were one, would have its turn.
    expect(handedOver).toBeGreaterThan(80);
    await expectNothingLeft(servers, [locks], ["k"]);
  });

  test("each cost one release and one grant on each node, however many they are", async () => {
    for (const count of [1, 10, 100]) {
      const { clock, all } = await processes(size, 1);
      const [own] = all;
      if (own === undefined) throw new Error("no process");
      const first = await own.locks.acquire("k");
      const waiting = Array.from({ length: count }, async () => (await own.locks.acquire("k")).release());
      await settle(clock);
      // The first who waits has asked once; those behind ask nothing.
      expect(sent(own, "grant")).toBe(2 * size);
      await first.release();
      await settle(clock, 40);
      await Promise.all(waiting);
      expect([sent(own, "grant"), sent(own, "release"), sent(own, "withdraw")]).toEqual([
        (2 + count) * size,
        (1 + count) * size,
        0,
      ]);
    }
  });

  test("send nothing while they wait but the first one's look once a second, however many they are", async () => {
    const costs: number[] = [];
    for (const count of [1, 500]) {
      const { clock, all } = await processes(size, 2);
      const [holder, own] = all;
      if (holder === undefined || own === undefined) throw new Error("no process");
      await holder.locks.acquire("k");
      const waiting = Array.from({ length: count }, () => own.locks.acquire("k"));
      for (const acquire of waiting) acquire.catch(() => {});
      await settle(clock);
      const before = sent(own);
      await clock.advance(30_000);
      costs.push((sent(own) - before) / size);
      expect(own.locks.stats().waiting).toBe(count);
    }
    expect(costs[0]).toBe(costs[1]);
    expect(costs[0]).toBeGreaterThanOrEqual(27);
    expect(costs[0]).toBeLessThanOrEqual(34);
  });

  test("ask for the lock in the very call that releases it", async () => {
    const { clock, all } = await processes(size, 1);
    const [own] = all;
    if (own === undefined) throw new Error("no process");
    const first = await own.locks.acquire("k");
    const waiting = own.locks.acquire("k");
    await settle(clock);
    const before = own.connections.map(({ faults }) => faults.carriedOut.length);
    const released = first.release();
    for (let node = 0; node < size; node++)
      expect(since(own, before[node] ?? 0, node)).toEqual(["release", "grant"]);
    expect(await released).toBe(true);
    expect((await waiting).valid).toBe(true);
    expect(await stateOf(waiting)).toBe("fulfilled");
  });

  test("each get what they asked for: their time, their token, their label", async () => {
    const { clock, locks, servers } = await cluster(size, { waitMs: Infinity });
    const first = await locks.acquire("k");
    const got: (readonly [number, string | undefined, string])[] = [];
    const wishes = [
      { ttlMs: 3_000, owner: "a" },
      { ttlMs: 7_000, token: "my own token" },
      { signal: new AbortController().signal, owner: "c", autoExtend: false },
      { waitMs: 20_000, token: "another of my own", owner: "d" },
      { minHoldMs: 10, maxHoldMs: 100 },
    ];
    const wait = async (options: (typeof wishes)[number]): Promise<void> => {
      const lease = await locks.acquire("k", options);
      got.push([lease.ttlMs, lease.owner, lease.token]);
      await lease.release();
    };
    const waiting: Promise<void>[] = [];
    for (const options of wishes) {
      waiting.push(wait(options));
      // A token of one's own may hold the lock already, so that is asked before one waits.
      await settle(clock, 1);
    }
    expect(locks.stats().waiting).toBe(5);
    await first.release();
    await settle(clock);
    await Promise.all(waiting);
    expect(got).toEqual([
      [3_000, "a", expect.any(String)],
      [7_000, undefined, "my own token"],
      [10_000, "c", expect.any(String)],
      [10_000, "d", "another of my own"],
      [10_000, undefined, expect.any(String)],
    ]);
    await clock.advance(20);
    await expectNothingLeft(servers, [locks], ["k"]);
  });

  test("under one token of their own get it together, ahead of whoever waits between them", async () => {
    const { clock, locks } = await cluster(size, { waitMs: Infinity });
    const first = await locks.acquire("k");
    const one = locks.acquire("k", { token: "ours" });
    await settle(clock);
    const between = locks.acquire("k");
    const other = locks.acquire("k", { token: "ours" });
    await settle(clock);
    await first.release();
    await settle(clock);
    expect(await Promise.all([one, between, other].map(stateOf))).toEqual([
      "fulfilled",
      "pending",
      "fulfilled",
    ]);
    await (await one).release();
    await settle(clock);
    expect(await stateOf(between)).toBe("fulfilled");
  });

  test("get fencing tokens that grow from one to the next", async () => {
    const { clock, locks } = await cluster(size, { waitMs: Infinity });
    const first = await locks.acquire("k");
    const tokens: number[] = [first.fencingToken];
    const waiting = Array.from({ length: 30 }, async () => {
      const lease = await locks.acquire("k");
      tokens.push(lease.fencingToken);
      await lease.release();
    });
    await settle(clock);
    await first.release();
    await settle(clock);
    await Promise.all(waiting);
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
    expect(tokens).toHaveLength(31);
  });
});
