import { describe, expect, test } from "vitest";
import { stateOf } from "../core/cluster.js";
import { expectNothingLeft, type Process, processes, settle } from "./process.js";

describe.each([1, 3])("over %i node(s), a release by a process with waiters of its own", (size) => {
  async function scene() {
    const { of, clock, all } = await processes(size, 3);
    const [own, other, third] = all as [Process, Process, Process];
    const end = async () => {
      await settle(clock);
      await expectNothingLeft(
        of.servers,
        all.map(({ locks }) => locks),
        ["a", "b"],
      );
    };
    return {
      clock,
      own: own.locks,
      connections: own.connections,
      other: other.locks,
      third: third.locks,
      end,
    };
  }

  test("of several keys wakes the others for those that nobody of its own wants", async () => {
    const { clock, own, other, end } = await scene();
    const both = await own.acquire(["a", "b"]);
    const [mine, theirs] = [own.acquire("a"), other.acquire("b")];
    await clock.advance(10);
    await both.release();
    await settle(clock);
    expect([await stateOf(mine), await stateOf(theirs)]).toEqual(["fulfilled", "fulfilled"]);
    await Promise.all([(await mine).release(), (await theirs).release()]);
    await end();
  });

  test("of one key wakes the others when its own waiters want more than that", async () => {
    const { clock, own, other, third, end } = await scene();
    const [a, b] = [await own.acquire("a"), await third.acquire("b")];
    const both = own.acquire(["a", "b"]);
    await clock.advance(10);
    const theirs = other.acquire("a");
    await clock.advance(10);
    await a.release();
    await clock.advance(10);
    expect([await stateOf(both), await stateOf(theirs)]).toEqual(["pending", "fulfilled"]);
    await b.release();
    await (await theirs).release();
    await clock.advance(1_200);
    await (await both).release();
    await end();
  });

  test("of several keys goes to all of its own waiters for one of them each", async () => {
    const { clock, own, end } = await scene();
    const both = await own.acquire(["a", "b"]);
    const waiting = [own.acquire("a"), own.acquire("b")];
    await clock.advance(10);
    await both.release();
    await settle(clock);
    expect(await Promise.all(waiting.map(stateOf))).toEqual(["fulfilled", "fulfilled"]);
    for (const acquire of waiting) await (await acquire).release();
    await end();
  });

  test("that is overtaken by its own next request is found soon all the same", async () => {
    const { clock, own, connections, end } = await scene();
    const lease = await own.acquire("a");
    const next = own.acquire("a");
    await clock.advance(10);
    for (const { faults } of connections) faults.delay("requests", 5, "release");
    const released = lease.release();
    await clock.advance(150);
    expect([await released, await stateOf(next)]).toEqual([true, "fulfilled"]);
    for (const { faults } of connections) faults.resume();
    await (await next).release();
    await end();
  });

  test("that never arrives lets the next in when the lease would have ended", async () => {
    const { clock, own, connections, other } = await scene();
    const lease = await own.acquire("a", { ttlMs: 2_000 });
    const waiting = [own.acquire("a"), other.acquire("a")];
    for (const acquire of waiting) acquire.catch(() => {});
    await clock.advance(10);
    for (const { faults } of connections) faults.lose("requests", "release");
    void lease.release().catch(() => {});
    await clock.advance(1_900);
    expect(await Promise.all(waiting.map(stateOf))).toEqual(["pending", "pending"]);
    for (const { faults } of connections) faults.resume();
    await clock.advance(200);
    const states = await Promise.all(waiting.map(stateOf));
    expect(states.filter((state) => state === "fulfilled")).toHaveLength(1);
  });

  test("by its token alone goes to its own waiters, too", async () => {
    const { clock, own, end } = await scene();
    const lease = await own.acquire("a");
    const next = own.acquire("a");
    await clock.advance(10);
    expect(await own.release("a", lease.token)).toBe(true);
    await settle(clock);
    expect(await stateOf(next)).toBe("fulfilled");
    await (await next).release();
    await end();
  });

  test("and a lease that is lost let the next of them ask at once", async () => {
    const { clock, own, other } = await scene();
    const lease = await own.acquire("a");
    const next = own.acquire("a");
    await clock.advance(10);
    await other.forceRelease("a");
    await settle(clock);
    expect([await stateOf(next), lease.signal.aborted]).toEqual(["fulfilled", false]);
    // The old lease finds out when it is to be extended.
    await clock.advance(4_000);
    expect([lease.valid, (await next).valid]).toEqual([false, true]);
  });
});
