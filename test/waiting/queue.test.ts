import type { LockManager } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { stateOf } from "../core/cluster.js";
import { expectNothingLeft, type Process, processes, sent, settle } from "./process.js";

/** Three processes that stand in the queue of a fourth's lock, in their order. */
async function queue(size: number, options = {}) {
  const { of, clock, all } = await processes(size, 4, options);
  const [holder, ...others] = all as [Process, Process, Process, Process];
  const lease = await holder.locks.acquire("k");
  const order: number[] = [];
  const waiting: Promise<void>[] = [];
  for (const [i, { locks }] of others.entries()) {
    waiting.push(
      locks.acquire("k").then(async (granted) => {
        order.push(i);
        await granted.release();
      }),
    );
    // Of those that are still waiting when their manager is closed, nobody need hear.
    waiting.at(-1)?.catch(() => {});
    await clock.advance(10);
  }
  return { of, clock, holder, others, lease, order, waiting };
}

const grants = (processes: readonly Process[]) => processes.map((process) => sent(process, "grant"));

describe.each([1, 3])("over %i node(s), a release", (size) => {
  test("wakes the process that has waited longest, and that one's the next, with no time in between", async () => {
    const { of, clock, others, lease, order, waiting } = await queue(size);
    await clock.advance(2_000);
    const before = clock.monotonic();
    await lease.release();
    await settle(clock);
    await Promise.all(waiting);
    expect([order, clock.monotonic()]).toEqual([[0, 1, 2], before]);
    await expectNothingLeft(
      of.servers,
      others.map(({ locks }) => locks),
      ["k"],
    );
  });

  test("wakes one process and lets all others sleep", async () => {
    const { clock, others, lease, order } = await queue(size);
    await clock.advance(500);
    const [first] = others;
    // The first gets it and keeps it.
    const holding = first.locks.acquire("other");
    await settle(clock);
    await holding;
    const before = grants(others);
    for (const { faults } of first.connections) faults.hold("replies", "grant");
    await lease.release();
    await settle(clock);
    expect(grants(others).map((count, i) => count - (before[i] ?? 0))).toEqual([size, 0, 0]);
    expect(order).toEqual([]);
  });

  test("is told in the order of the beginnings of the waits, though others have looked again since", async () => {
    const { clock, others, lease, order } = await queue(size);
    // Looks again, and again, at different times.
    await clock.advance(5_300);
    expect(grants(others).every((count) => count > 5 * size)).toBe(true);
    await lease.release();
    await settle(clock);
    expect(order).toEqual([0, 1, 2]);
  });

  test("keeps the lock from newcomers who would wait, for whoever has waited longest", async () => {
    const { clock, of, others, lease, order } = await queue(size);
    for (const { faults } of others[0].connections) faults.delay("replies", 20, "notice");
    const newcomer = of.another();
    await clock.advance(0);
    await lease.release();
    const acquire = newcomer.acquire("k");
    await clock.advance(15);
    expect([await stateOf(acquire), order]).toEqual(["pending", []]);
    await clock.advance(10);
    expect([order, await stateOf(acquire)]).toEqual([[0, 1, 2], "fulfilled"]);
  });

  test("lets an attempt that does not wait come first, and whoever was called keeps his place", async () => {
    const { clock, of, others, lease, order } = await queue(size);
    for (const { faults } of others[0].connections) faults.delay("replies", 20, "notice");
    const newcomer = of.another();
    await clock.advance(0);
    await lease.release();
    // Nobody holds the lock, so "held" would be no answer.
    const barging = await newcomer.tryAcquire("k");
    await clock.advance(50);
    expect([barging?.valid, order]).toEqual([true, []]);
    for (const { faults } of others[0].connections) faults.resume();
    await barging?.release();
    await settle(clock);
    expect(order).toEqual([0, 1, 2]);
  });

  test("passes over a process that is gone without a word", async () => {
    const { clock, others, lease, order } = await queue(size);
    const [dead] = others;
    // Its subscription ends, and nothing that it sends arrives any more.
    for (const { faults } of dead.connections) faults.lose("requests");
    void dead.locks.close({ graceMs: 0 });
    await clock.advance(100);
    await lease.release();
    await settle(clock);
    expect(order).toEqual([1, 2]);
    await clock.advance(5_000);
  });

  test("that is told to a process that is frozen stalls the others for as long as the lock is kept for it, and a look", async () => {
    const { clock, others, lease, order } = await queue(size);
    const [frozen] = others;
    for (const { faults } of frozen.connections) {
      faults.hold("requests");
      faults.hold("replies");
      faults.hold("replies", "notice");
    }
    const before = clock.monotonic();
    await lease.release();
    while (order.length < 2) await clock.advance(10);
    expect(order).toEqual([1, 2]);
    expect(clock.monotonic() - before).toBeLessThan(1_250);
    for (const { faults } of frozen.connections) faults.resume();
    await clock.advance(1_100);
    expect(order).toEqual([1, 2, 0]);
  });

  test("whose notices are lost is found by looking, after a second or so", async () => {
    const { of, clock, others, lease, order, waiting } = await queue(size);
    for (const { faults } of others.flatMap(({ connections }) => connections))
      faults.lose("replies", "notice");
    await clock.advance(300);
    const before = clock.monotonic();
    await lease.release();
    while (order.length === 0) await clock.advance(10);
    expect(clock.monotonic() - before).toBeLessThan(1_150);
    await clock.advance(4_000);
    await Promise.all(waiting);
    await clock.advance(11_000);
    await expectNothingLeft(
      of.servers,
      others.map(({ locks }) => locks),
      ["k"],
    );
  });

  test("by its token alone, or by an operator, wakes the next as well", async () => {
    for (const by of ["token", "force"] as const) {
      const { of, clock, lease, order } = await queue(size);
      const operator = of.another();
      const released = by === "token" ? operator.release("k", lease.token) : operator.forceRelease("k");
      await settle(clock);
      expect([await released, order]).toEqual([true, [0, 1, 2]]);
    }
  });

  test("wakes a waiter of the operator's own process, too", async () => {
    for (const by of ["token", "force"] as const) {
      const { clock, lease, order, others } = await queue(size);
      const { locks } = others[0];
      const released = by === "token" ? locks.release("k", lease.token) : locks.forceRelease("k");
      await settle(clock);
      expect([await released, order]).toEqual([true, [0, 1, 2]]);
    }
  });

  test("before the least time of holding lets the next in at the end of that time", async () => {
    const { of, clock, all } = await processes(size, 3);
    const [holder, first, second] = all.map(({ locks }) => locks) as [LockManager, LockManager, LockManager];
    const lease = await holder.acquire("k", { minHoldMs: 700 });
    const order: LockManager[] = [];
    const waiting = [holder, first, second].map(async (locks) => {
      const granted = await locks.acquire("k");
      order.push(locks);
      await granted.release();
    });
    await clock.advance(300);
    await lease.release();
    await clock.advance(390);
    expect(order).toEqual([]);
    await clock.advance(1_100);
    await Promise.all(waiting);
    expect(new Set(order).size).toBe(3);
    await clock.advance(11_000);
    await expectNothingLeft(
      of.servers,
      all.map(({ locks }) => locks),
      ["k"],
    );
  });
});
