import { exponentialBackoff, fixedDelay, limitAttempts, type RetryStrategy } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

describe("waiting for a lock", () => {
  test("gets it when it is released", async () => {
    const { clock, locks, another } = await cluster(3);
    const other = await another().acquire("k");
    const waiting = locks.acquire("k", { waitMs: 60_000 });
    await clock.advance(20_000);
    expect([await stateOf(waiting), locks.stats().waiting]).toEqual(["pending", 1]);
    await other.release();
    await clock.advance(300);
    expect((await waiting).valid).toBe(true);
    expect(locks.stats().waiting).toBe(0);
  });

  test("gets it at the moment at which the lease of a holder who died is over", async () => {
    const { clock, locks, another } = await cluster(3);
    await another().acquire("k", { ttlMs: 3_000, autoExtend: false });
    const waiting = locks.acquire("k", { waitMs: 60_000, retry: fixedDelay(50_000) });
    await clock.advance(2_900);
    expect(await stateOf(waiting)).toBe("pending");
    await clock.advance(150);
    expect(await stateOf(waiting)).toBe("fulfilled");
  });

  test("ends after waitMs, and says when the lock is free at the latest", async () => {
    const { clock, locks, another } = await cluster(3);
    await another().acquire("k", { ttlMs: 60_000, autoExtend: false });
    const waiting = locks.acquire("k", { waitMs: 2_000 });
    await clock.advance(1_990);
    expect(await stateOf(waiting)).toBe("pending");
    await clock.advance(20);
    await expect(waiting).rejects.toThrow(lockError("ERR_LOCK_HELD", { key: "k", keys: ["k"] }));
    const error = (await waiting.catch((thrown: unknown) => thrown)) as {
      retryAfterMs: number;
      votes: unknown;
    };
    expect(error.retryAfterMs).toBeGreaterThan(57_900);
    expect(error.retryAfterMs).toBeLessThanOrEqual(58_100);
    expect(error.votes).toContainEqual(expect.objectContaining({ outcome: "held" }));
  });

  test("with waitMs 0 is one attempt", async () => {
    const { nodes, locks, another } = await cluster(1);
    await another().acquire("k");
    await expect(locks.acquire("k", { waitMs: 0 })).rejects.toThrow(/after 1 attempt in 0 ms/);
    expect(nodes[0]?.faults.carriedOut.filter((request) => request === "grant").length).toBe(1);
  });

  test("with waitMs Infinity goes on", async () => {
    const { clock, locks, another } = await cluster(1);
    const other = await another().acquire("k");
    const waiting = locks.acquire("k", { waitMs: Number.POSITIVE_INFINITY });
    await clock.advance(600_000);
    expect(await stateOf(waiting)).toBe("pending");
    await other.release();
    await clock.advance(300);
    expect(await stateOf(waiting)).toBe("fulfilled");
  });

  test("waits as well for nodes that are out of reach, and says that it was that", async () => {
    const { clock, nodes, locks } = await cluster(3);
    for (const node of nodes) node.faults.disconnect();
    const [impatient, patient] = [
      locks.acquire("a", { waitMs: 1_000 }),
      locks.acquire("b", { waitMs: 60_000 }),
    ];
    await clock.advance(1_100);
    await expect(impatient).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE", { retryAfterMs: undefined }));
    for (const node of nodes) node.faults.reconnect();
    await clock.advance(500);
    expect(await stateOf(patient)).toBe("fulfilled");
  });

  test("of tryAcquire is none: null means held, and nothing else", async () => {
    const { nodes, locks, another } = await cluster(3);
    await another().acquire("k");
    expect(await locks.tryAcquire("k")).toBeNull();
    for (const node of nodes.slice(0, 2)) node.faults.disconnect();
    await expect(locks.tryAcquire("free")).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    await expect(locks.tryAcquire("k")).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
  });
});

describe("the retry strategy", () => {
  async function attempts(retry: RetryStrategy, forMs: number, waitMs = 60_000) {
    const { clock, nodes, locks, another } = await cluster(1, { retry });
    await another().acquire("k", { ttlMs: 600_000 });
    const waiting = locks.acquire("k", { waitMs });
    await clock.advance(forMs);
    const count = nodes[0]?.faults.carriedOut.filter((request) => request === "grant").length;
    return { count, state: await stateOf(waiting) };
  }

  test("says when to try again", async () => {
    expect(await attempts(fixedDelay(1_000, 0), 10_500)).toEqual({ count: 11, state: "pending" });
    expect((await attempts(fixedDelay(100, 0), 10_050)).count).toBe(101);
  });

  test("is given the number of failed attempts and chance", async () => {
    const calls: [number, number][] = [];
    await attempts((attempt, random) => {
      calls.push([attempt, random]);
      return 1_000;
    }, 3_500);
    expect(calls).toEqual([
      [1, 0.5],
      [2, 0.5],
      [3, 0.5],
      [4, 0.5],
    ]);
  });

  test("by default comes less and less often, and at least four times a second", async () => {
    expect((await attempts(exponentialBackoff(), 100)).count).toBeGreaterThanOrEqual(4);
    const { count } = await attempts(exponentialBackoff(), 30_000);
    expect(count).toBeGreaterThan(120);
    expect(count).toBeLessThan(250);
  });

  test("gives up with null, before the time is over", async () => {
    expect(await attempts(() => null, 0)).toEqual({ count: 1, state: "ERR_LOCK_HELD" });
    expect(await attempts(limitAttempts(fixedDelay(10), 3), 1_000)).toEqual({
      count: 3,
      state: "ERR_LOCK_HELD",
    });
  });

  test.each([undefined, Number.NaN, -1, "soon", {}])("that returns %j is refused", async (delayMs) => {
    const { state, count } = await attempts(() => delayMs as number, 1_000);
    expect([state, count]).toEqual(["ERR_LOCK_INVALID_ARGUMENT", 1]);
  });

  test("that throws lets its error through", async () => {
    const boom = new Error("boom");
    const { locks, another } = await cluster(1);
    await another().acquire("k");
    const retry = () => {
      throw boom;
    };
    await expect(locks.acquire("k", { retry })).rejects.toBe(boom);
    expect(locks.stats().waiting).toBe(0);
  });
});

describe("the caller's signal", () => {
  test("that has fired before ends the acquire before anything is sent", async () => {
    const { nodes, locks } = await cluster(1);
    const cause = new Error("client left");
    for (const method of ["acquire", "tryAcquire"] as const) {
      const acquiring = locks[method]("k", { signal: AbortSignal.abort(cause) });
      await expect(acquiring).rejects.toThrow(lockError("ERR_LOCK_ABORTED", { cause, keys: ["k"] }));
    }
    expect(nodes[0]?.faults.carriedOut).toEqual(["identify"]);
  });

  test("ends waiting at once", async () => {
    const { clock, locks, another } = await cluster(1);
    await another().acquire("k");
    const leaving = new AbortController();
    const waiting = locks.acquire("k", { signal: leaving.signal, waitMs: Number.POSITIVE_INFINITY });
    await clock.advance(5_000);
    leaving.abort("client left");
    expect(await stateOf(waiting)).toBe("ERR_LOCK_ABORTED");
    await expect(waiting).rejects.toThrow(lockError("ERR_LOCK_ABORTED", { cause: "client left" }));
    expect(locks.stats().waiting).toBe(0);
  });

  test("ends an attempt that is under way, and what that wins is given back", async () => {
    const { clock, nodes, locks, holders } = await cluster(3);
    for (const node of nodes) node.faults.hold("replies", "grant");
    const leaving = new AbortController();
    const acquiring = locks.acquire("k", { signal: leaving.signal });
    await clock.advance(100);
    expect(await holders("k")).toBe(3);
    leaving.abort();
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_ABORTED");
    for (const node of nodes) node.faults.resume();
    await clock.advance(0);
    expect([await holders("k"), locks.stats().held]).toEqual([0, 0]);
  });

  test("means nothing to a lease that was granted", async () => {
    const { clock, locks } = await cluster(1);
    const leaving = new AbortController();
    const lease = await locks.acquire("k", { signal: leaving.signal });
    leaving.abort();
    await clock.advance(20_000);
    expect([lease.valid, lease.signal.aborted]).toEqual([true, false]);
  });
});

describe("the limit of waiters", () => {
  test("turns away whoever comes beyond it, at once", async () => {
    const { clock, locks, another } = await cluster(1, { maxWaiters: 2, waitMs: 60_000 });
    const other = await another().acquire("k");
    const waiting = [locks.acquire("k"), locks.acquire("k")];
    await clock.advance(100);
    await expect(locks.acquire("k")).rejects.toThrow(lockError("ERR_LOCK_OVERLOADED", { keys: ["k"] }));
    expect((await locks.acquire("other key")).valid).toBe(true);
    await other.release();
    await clock.advance(300);
    const states = await Promise.all(waiting.map(stateOf));
    expect(states.filter((state) => state === "fulfilled").length).toBe(1);
    expect(await stateOf(locks.acquire("k"))).toBe("pending");
  });

  test("turns away those who came last, though the first is refused only when they wait already", async () => {
    const { clock, locks, nodes, another } = await cluster(1, { maxWaiters: 2, waitMs: 60_000 });
    await another().acquire("k");
    nodes[0]?.faults.delay("replies", 5);
    const four = [1, 2, 3, 4].map(() => locks.acquire("k"));
    for (const waiting of four) waiting.catch(() => {});
    await clock.advance(50);
    const states = await Promise.all(four.map(stateOf));
    expect(states).toEqual(["pending", "pending", "ERR_LOCK_OVERLOADED", "ERR_LOCK_OVERLOADED"]);
    expect(locks.stats().waiting).toBe(2);
  });

  test("of none allows attempts", async () => {
    const { locks, another } = await cluster(1, { maxWaiters: 0 });
    const lease = await locks.acquire("k");
    await expect(another().acquire("k")).rejects.toThrow(lockError("ERR_LOCK_OVERLOADED"));
    await expect(another().acquire("k", { waitMs: 0 })).rejects.toThrow(lockError("ERR_LOCK_HELD"));
    await lease.release();
  });

  test("counts each of several keys", async () => {
    const { clock, locks, another } = await cluster(1, { maxWaiters: 1, waitMs: 60_000 });
    await another().acquire(["a", "b"]);
    const waiting = locks.acquire(["a", "b"]);
    await clock.advance(10);
    await expect(locks.acquire("b")).rejects.toThrow(lockError("ERR_LOCK_OVERLOADED"));
    expect((await locks.inspect("b"))?.waiters).toBe(1);
    expect(await stateOf(waiting)).toBe("pending");
  });
});
