import { getEventListeners } from "node:events";
import type { Lease } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { lockError, stateOf } from "../core/cluster.js";
import { expectNothingLeft, type Process, processes, sent, settle } from "./process.js";

const MANNERS = ["abort", "time out", "close"] as const;
type Manner = (typeof MANNERS)[number];

const CODES = { abort: "ERR_LOCK_ABORTED", "time out": "ERR_LOCK_HELD", close: "ERR_LOCK_CLOSED" } as const;

/** Somebody who waits and can be made to leave. */
function leaver(process: Process, manner: Manner) {
  const leaving = new AbortController();
  const waitMs = manner === "time out" ? 5_000 : Infinity;
  const acquire = process.locks.acquire("k", { signal: leaving.signal, waitMs });
  acquire.catch(() => {});
  return {
    acquire,
    signal: leaving.signal,
    /** At once, but for a time-out, whose time is 5 s after the beginning. */
    leave: () => {
      if (manner === "abort") leaving.abort("gone");
      if (manner === "close") void process.locks.close();
    },
  };
}

describe.each([1, 3])("over %i node(s), who leaves the queue", (size) => {
  describe.each(MANNERS)("by %s", (manner) => {
    async function scene() {
      const { of, clock, all } = await processes(size, 3);
      const [holder, leaving, other] = all;
      if (holder === undefined || leaving === undefined || other === undefined) throw new Error("no process");
      const lease = await holder.locks.acquire("k");
      return { of, clock, holder, leaving, other, lease };
    }

    test("as the first of its process, is gone without a trace, and the next in the queue gets the lock", async () => {
      const { of, clock, leaving, other, lease } = await scene();
      const { acquire, leave, signal } = leaver(leaving, manner);
      await clock.advance(5);
      const next = other.locks.acquire("k");
      await clock.advance(3_000);
      leave();
      await clock.advance(2_100);
      expect(await stateOf(acquire)).toBe(CODES[manner]);
      expect(getEventListeners(signal, "abort")).toEqual([]);
      const before = sent(leaving, "grant");
      await lease.release();
      await settle(clock);
      // The one who left is not called in vain.
      expect([await stateOf(next), sent(leaving, "grant") - before]).toEqual(["fulfilled", 0]);
      await (await next).release();
      await settle(clock);
      await expectNothingLeft(of.servers, [leaving.locks, other.locks], ["k"]);
    });

    test("in the tick of the release leaves the lock to the next", async () => {
      const { of, clock, leaving, other, lease } = await scene();
      const { acquire, leave } = leaver(leaving, manner);
      await clock.advance(5);
      const next = other.locks.acquire("k");
      await clock.advance(manner === "time out" ? 4_990 : 1_000);
      const released = lease.release();
      leave();
      await clock.advance(60);
      expect(await released).toBe(true);
      const states = [await stateOf(acquire), await stateOf(next)];
      // A call that has come before the end of the time is of use, of course.
      if (manner === "time out") await (await acquire).release();
      else expect(states).toEqual([CODES[manner], "fulfilled"]);
      await settle(clock);
      await (await next).release();
      await clock.advance(100);
      await expectNothingLeft(of.servers, [leaving.locks, other.locks], ["k"]);
    });

    test("in the moment in which a call arrives leaves the lock to the next", async () => {
      const { of, clock, leaving, other, lease } = await scene();
      const { acquire, leave } = leaver(leaving, manner);
      await clock.advance(5);
      const next = other.locks.acquire("k");
      for (const { faults } of leaving.connections) faults.hold("replies", "notice");
      await clock.advance(manner === "time out" ? 4_980 : 1_000);
      await lease.release();
      if (manner === "time out") await clock.advance(25);
      for (const { faults } of leaving.connections) faults.resume();
      leave();
      await clock.advance(60);
      expect([await stateOf(acquire), await stateOf(next)]).toEqual([CODES[manner], "fulfilled"]);
      await (await next).release();
      await clock.advance(100);
      await expectNothingLeft(of.servers, [leaving.locks, other.locks], ["k"]);
    });

    test("while its attempt is under way leaves the lock to the next, whatever the attempt brings", async () => {
      for (const way of ["requests", "replies"] as const) {
        const { of, clock, leaving, other, lease } = await scene();
        const { acquire, leave } = leaver(leaving, manner);
        await clock.advance(5);
        const next = other.locks.acquire("k");
        await clock.advance(manner === "time out" ? 4_900 : 1_000);
        for (const { faults } of leaving.connections) faults.hold(way, "grant");
        await lease.release();
        await settle(clock);
        leave();
        await clock.advance(200);
        for (const { faults } of leaving.connections) faults.resume();
        await clock.advance(1_100);
        if (manner === "time out" && (await stateOf(acquire)) === "fulfilled")
          await (await acquire).release();
        else expect([way, await stateOf(acquire)]).toEqual([way, CODES[manner]]);
        await clock.advance(1_100);
        expect([way, await stateOf(next)]).toEqual([way, "fulfilled"]);
        await (await next).release();
        await clock.advance(11_000);
        await expectNothingLeft(of.servers, [leaving.locks, other.locks], ["k"]);
      }
    });
  });

  test("at the back, does not disturb the order of the others", async () => {
    const { of, clock, all } = await processes(size, 1);
    const [own] = all;
    if (own === undefined) throw new Error("no process");
    const first = await own.locks.acquire("k");
    const order: number[] = [];
    const leavers = Array.from({ length: 40 }, () => new AbortController());
    const waiting = leavers.map(async ({ signal }, i) => {
      const lease = await own.locks.acquire("k", { signal });
      order.push(i);
      await lease.release();
    });
    const results = Promise.allSettled(waiting);
    await clock.advance(500);
    const before = sent(own);
    for (const [i, leaver] of leavers.entries()) if (i % 3 !== 0) leaver.abort();
    await settle(clock);
    expect([own.locks.stats().waiting, sent(own) - before]).toEqual([14, 0]);
    await first.release();
    await settle(clock);
    expect(order).toEqual(leavers.map((_, i) => i).filter((i) => i % 3 === 0));
    expect((await results).filter(({ status }) => status === "rejected")).toHaveLength(26);
    expect(leavers.flatMap(({ signal }) => getEventListeners(signal, "abort"))).toEqual([]);
    await expectNothingLeft(of.servers, [own.locks], ["k"]);
  });

  test("in the moment in which it gets the lock from another of its process, has it or leaves it to the next", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { of, clock, all } = await processes(size, 1);
      const [own] = all;
      if (own === undefined) throw new Error("no process");
      const first = await own.locks.acquire("k");
      const leaving = new AbortController();
      const leaver = own.locks.acquire("k", { signal: leaving.signal });
      const next = own.locks.acquire("k");
      await settle(clock);
      let lease: Lease | undefined;
      leaver.then(
        (granted) => (lease = granted),
        () => {},
      );
      void first.release();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      leaving.abort();
      await settle(clock, 3);
      expect(await stateOf(next)).toBe(lease === undefined ? "fulfilled" : "pending");
      await lease?.release();
      await settle(clock, 3);
      expect((await next).valid).toBe(true);
      await (await next).release();
      await settle(clock, 3);
      await expectNothingLeft(of.servers, [own.locks], ["k"]);
    }
  });

  test("with everybody else of its manager, when that is closed, is told so, and no timer is left", async () => {
    const { of, clock, all } = await processes(size, 2);
    const [holder, own] = all;
    if (holder === undefined || own === undefined) throw new Error("no process");
    const lease = await holder.locks.acquire("k");
    const waiting = Array.from({ length: 20 }, () => own.locks.acquire("k"));
    const results = Promise.allSettled(waiting);
    await clock.advance(1_500);
    const closed = own.locks.close();
    for (const result of await results)
      expect(result).toMatchObject({ reason: lockError("ERR_LOCK_CLOSED") });
    await clock.advance(1_100);
    await closed;
    await lease.release();
    await clock.advance(100);
    await expectNothingLeft(of.servers, [own.locks], ["k"]);
    const over = holder.locks.close();
    await clock.advance(30_000);
    await over;
    expect(clock.timers).toBe(0);
  });
});
