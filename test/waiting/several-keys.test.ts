import type { Lease, LockManager } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import type { ManualClock } from "@redlock-kit/core/testing";
import { cluster, stateOf } from "../core/cluster.js";
import { chance, sleep } from "./chance.js";
import { expectNothingLeft, processes, sent, settle } from "./process.js";

/** Takes a lock again and again, holds it for a while and does something else for a while, until it is told to stop. */
async function contend(
  locks: LockManager,
  keys: string | string[],
  clock: ManualClock,
  someMs: () => number,
  stopped: () => boolean,
): Promise<number> {
  const pause = () => sleep(clock, someMs());
  let turns = 0;
  while (!stopped()) {
    const lease = await locks.acquire(keys);
    await pause();
    if (!lease.valid) throw new Error("lost");
    await lease.release();
    turns++;
    await pause();
  }
  return turns;
}

describe.each([1, 3])("over %i node(s), locks of several keys", (size) => {
  test("are no obstacle for one of their keys that is free", async () => {
    const { clock, locks, servers, another } = await cluster(size, { waitMs: Infinity });
    const b = await another().acquire("b");
    const both = locks.acquire(["a", "b"]);
    await settle(clock);
    const a = locks.acquire("a");
    expect(await stateOf(a)).toBe("fulfilled");
    await (await a).release();
    await settle(clock);
    expect((await locks.tryAcquire("a"))?.valid).toBe(true);
    expect(await stateOf(both)).toBe("pending");
    await b.release();
    await clock.advance(1_100);
    expect(await stateOf(both)).toBe("pending");
    await locks.close({ graceMs: 0 });
    await expect(both).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
    await clock.advance(100);
    await expectNothingLeft(servers, [locks], ["a", "b"]);
  });

  test("are granted in the tick of the release that frees the last of them", async () => {
    const { clock, all } = await processes(size, 1);
    const [own] = all;
    if (own === undefined) throw new Error("no process");
    const [a, b] = [await own.locks.acquire("a"), await own.locks.acquire("b")];
    const both = own.locks.acquire(["b", "a"]);
    await settle(clock);
    const before = sent(own);
    await a.release();
    await settle(clock);
    expect(await stateOf(both)).toBe("pending");
    void b.release();
    await settle(clock);
    expect(await stateOf(both)).toBe("fulfilled");
    // Two releases, an attempt behind each.
    expect(sent(own, "grant", "release", "confirm")).toBeLessThanOrEqual(before + 4 * size);
  });

  test("go to whoever waits longest, alone or for several", async () => {
    const { clock, locks, servers } = await cluster(size, { waitMs: Infinity });
    const both = await locks.acquire(["a", "b"]);
    const order: string[] = [];
    const wait = (keys: string | string[]) =>
      locks.acquire(keys).then((lease) => {
        order.push(lease.keys.join("+"));
        return lease;
      });
    const waiting = [wait("a")];
    await clock.advance(10);
    waiting.push(wait(["a", "b"]));
    await clock.advance(10);
    waiting.push(wait("b"));
    await clock.advance(10);
    await both.release();
    await settle(clock);
    // Whoever wants both holds nothing meanwhile, so b need not stay idle.
    expect([...order].sort()).toEqual(["a", "b"]);
    for (const lease of [waiting[0], waiting[2]]) await (await lease)?.release();
    await settle(clock);
    expect(order.at(-1)).toBe("a+b");
    await (await waiting[1])?.release();
    await settle(clock);
    await expectNothingLeft(servers, [locks], ["a", "b"]);
  });

  test("starve nobody within a process, and are not starved", async () => {
    const random = chance(7);
    const { clock, locks, servers } = await cluster(size, { waitMs: Infinity, ttlMs: 2_000 });
    let stopped = false;
    const hold = () => 1 + Math.floor(random() * 20);
    const wishes = ["a", "b", ["a", "b"], "c", ["b", "c"]];
    const turns = wishes.map((keys) => contend(locks, keys, clock, hold, () => stopped));
    await clock.advance(30_000);
    stopped = true;
    await clock.advance(5_000);
    for (const [i, count] of (await Promise.all(turns)).entries())
      expect([wishes[i], count > 20]).toEqual([wishes[i], true]);
    await expectNothingLeft(servers, [locks], ["a", "b", "c"]);
  });

  test("starve nobody across processes, and are not starved", async () => {
    const random = chance(11);
    const { of, clock, all } = await processes(size, 3, { ttlMs: 2_000 });
    let stopped = false;
    const hold = () => 1 + Math.floor(random() * 20);
    const wishes = ["a", "b", ["a", "b"]];
    const turns = wishes.map((keys, i) =>
      contend((all[i] ?? all[0])?.locks as LockManager, keys, clock, hold, () => stopped),
    );
    await clock.advance(60_000);
    stopped = true;
    await clock.advance(10_000);
    const counts = await Promise.all(turns);
    expect(counts[2]).toBeGreaterThan(10);
    await expectNothingLeft(
      of.servers,
      all.map(({ locks }) => locks),
      ["a", "b"],
    );
  });

  test("of which one is called and the other is held pass the one on to who can use it", async () => {
    const { of, clock, all } = await processes(size, 4);
    const [x, y, two, one] = all.map(({ locks }) => locks) as [
      LockManager,
      LockManager,
      LockManager,
      LockManager,
    ];
    const a = await x.acquire("a");
    const b = await y.acquire("b");
    const both = two.acquire(["a", "b"]);
    await clock.advance(10);
    const single = one.acquire("a");
    await clock.advance(10);
    await a.release();
    await clock.advance(100);
    expect([await stateOf(both), await stateOf(single)]).toEqual(["pending", "fulfilled"]);
    await b.release();
    await (await single).release();
    await clock.advance(1_200);
    expect(await stateOf(both)).toBe("fulfilled");
    await (await both).release();
    await clock.advance(11_000);
    await expectNothingLeft(
      of.servers,
      all.map(({ locks }) => locks),
      ["a", "b"],
    );
  });

  test("whose waiter leaves leave no trace at any of the keys", async () => {
    const { clock, locks, servers, another } = await cluster(size, { waitMs: Infinity });
    const held: Lease[] = [];
    const other = another();
    for (const key of ["a", "b", "c"]) held.push(await other.acquire(key));
    const leaving = new AbortController();
    const waiting = locks.acquire(["a", "b", "c"], { signal: leaving.signal });
    waiting.catch(() => {});
    await clock.advance(1_500);
    expect((await locks.inspect("b"))?.waiters).toBe(1);
    await held[0]?.release();
    await clock.advance(1_500);
    leaving.abort();
    await settle(clock);
    expect((await locks.inspect("b"))?.waiters).toBe(0);
    for (const lease of held) await lease.release();
    await clock.advance(100);
    await expectNothingLeft(servers, [locks, other], ["a", "b", "c"]);
  });
});

test("locks of several keys keep their place although their process gives one of the keys back meanwhile", async () => {
  const { clock, all } = await processes(1, 3);
  const [own, other, holder] = all.map(({ locks }) => locks) as [LockManager, LockManager, LockManager];
  const b = await holder.acquire("b");
  const first = own.acquire(["a", "b"]);
  await clock.advance(100);
  const second = other.acquire("b");
  second.catch(() => {});
  await clock.advance(100);
  await (await own.acquire("a")).release();
  await clock.advance(100);
  await b.release();
  await clock.advance(10);
  expect([await stateOf(first), await stateOf(second)]).toEqual(["fulfilled", "pending"]);
});
