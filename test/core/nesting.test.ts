import { AsyncResource } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { Gate } from "../support/gate.js";
import { cluster, lockError, stateOf } from "./cluster.js";

describe("a lock that the running code already holds", () => {
  test("is refused at once in place of waiting for itself", async () => {
    const { clock, locks } = await cluster(3);
    const work = locks.withLock("k", () => locks.withLock("k", () => "inner", { waitMs: 60_000 }));
    await clock.advance(0);
    await expect(work).rejects.toThrow(lockError("ERR_LOCK_NESTED", { keys: ["k"] }));
  });

  test.each(["acquire", "tryAcquire"] as const)("is refused to %s, too", async (method) => {
    const { locks } = await cluster(3);
    await expect(locks.withLock("k", () => locks[method]("k"))).rejects.toThrow(lockError("ERR_LOCK_NESTED"));
  });

  test("is entered again with nested: reenter, and released by the outermost", async () => {
    const { nodes, locks, holders } = await cluster(3);
    await locks.withLock("k", async (outer) => {
      const grants = () => nodes[0]?.faults.carriedOut.filter((request) => request === "grant").length;
      const before = grants();
      await locks.withLock(
        "k",
        (inner) => {
          expect([inner.token, inner.fencingToken]).toEqual([outer.token, outer.fencingToken]);
        },
        { nested: "reenter" },
      );
      const lease = await locks.acquire("k", { nested: "reenter" });
      expect(await lease.release()).toBe(true);
      expect([grants(), outer.valid, await holders("k")]).toEqual([before, true, 3]);
    });
    expect(await holders("k")).toBe(0);
  });

  test("is waited for with nested: wait, as by a stranger", async () => {
    const { clock, locks } = await cluster(3);
    const work = locks.withLock("k", () =>
      locks.withLock("k", () => "in", { nested: "wait", waitMs: 2_000 }),
    );
    await clock.advance(3_000);
    expect(await stateOf(work)).toBe("ERR_LOCK_HELD");
  });

  test("is known however deep, and over other locks in between", async () => {
    const { locks } = await cluster(1);
    const work = locks.withLock("a", () =>
      locks.withLock("b", async () => {
        await Promise.resolve();
        return locks.withLock("a", () => "deep");
      }),
    );
    await expect(work).rejects.toThrow(lockError("ERR_LOCK_NESTED"));
  });

  test("is free for the code again after the outer release", async () => {
    const { locks } = await cluster(1);
    const result = await locks.withLock("k", async (outer) => {
      await outer.release();
      return locks.withLock("k", () => "again");
    });
    expect(result).toBe("again");
  });

  test("is not held by a task that was started inside and outlives it", async () => {
    const { clock, locks } = await cluster(1);
    let later: Promise<string> | undefined;
    await locks.withLock("k", () => {
      later = (async () => {
        await new Promise<void>((resolve) => void clock.setTimer(resolve, 1_000));
        return locks.withLock("k", () => "later");
      })();
    });
    await clock.advance(1_000);
    expect(await later).toBe("later");
  });

  test("is another's for code that runs beside", async () => {
    const { clock, locks } = await cluster(1);
    const order: string[] = [];
    const enter = (name: string) =>
      locks.withLock("k", async () => {
        order.push(`${name} in`);
        await new Promise<void>((resolve) => void clock.setTimer(resolve, 100));
        order.push(`${name} out`);
      });
    const both = Promise.all([enter("a"), enter("b")]);
    await clock.advance(2_000);
    await both;
    expect(order).toEqual(["a in", "a out", "b in", "b out"]);
  });

  test("is not the same lock of another manager", async () => {
    const { locks, another } = await cluster(1);
    const other = another({ keyPrefix: "other:" });
    expect(await locks.withLock("k", () => other.withLock("k", () => "inner"))).toBe("inner");
  });

  test("that is lost meanwhile is not entered again", async () => {
    const { clock, locks } = await cluster(1);
    let ran = false;
    const work = locks.withLock("k", async () => {
      clock.freeze(60_000);
      await locks.withLock("k", () => void (ran = true), { nested: "reenter" });
    });
    await expect(work).rejects.toThrow(lockError("ERR_LOCK_LOST"));
    expect(ran).toBe(false);
  });
});

describe("several locks that overlap with the one that is held", () => {
  test.each(["reject", "reenter"] as const)("in part are refused with nested: %s", async (nested) => {
    const { locks } = await cluster(1);
    const work = locks.withLock(["a", "b"], () => locks.withLock(["b", "c"], () => "in", { nested }));
    await expect(work).rejects.toThrow(lockError("ERR_LOCK_NESTED"));
    await expect(work).rejects.toThrow(/"b" is already held/);
  });

  test("are entered again when one outer lease covers all of them", async () => {
    const { locks } = await cluster(1);
    const keys = await locks.withLock(["a", "b", "c"], () =>
      locks.withLock(["c", "a"], (lease) => lease.keys, { nested: "reenter" }),
    );
    expect(keys).toEqual(["a", "b", "c"]);
  });

  test("are not entered again when only two outer leases together cover them", async () => {
    const { locks } = await cluster(1);
    const work = locks.withLock("a", () =>
      locks.withLock("b", () => locks.withLock(["a", "b"], () => "in", { nested: "reenter" })),
    );
    await expect(work).rejects.toThrow(lockError("ERR_LOCK_NESTED"));
  });
});

describe("the lease of the running code", () => {
  test("is the innermost, or the one that covers a key", async () => {
    const { locks } = await cluster(1);
    expect(locks.currentLease()).toBeUndefined();
    await locks.withLock(["a", "b"], (outer) =>
      locks.withLock("c", async (inner) => {
        await Promise.resolve();
        expect(locks.currentLease()).toBe(inner);
        expect(locks.currentLease("b")).toBe(outer);
        expect(locks.currentLease("d")).toBeUndefined();
      }),
    );
    expect(locks.currentLease()).toBeUndefined();
  });

  test("is not there for what acquire gave, which has no inside", async () => {
    const { locks } = await cluster(1);
    await locks.acquire("k");
    expect(locks.currentLease("k")).toBeUndefined();
  });

  test("is asserted", async () => {
    const { clock, locks } = await cluster(1);
    expect(() => locks.assertLocked("k")).toThrow(lockError("ERR_LOCK_NOT_HOLDER"));
    await locks.withLock(
      "k",
      (lease) => {
        expect(locks.assertLocked("k")).toBe(lease);
        expect(() => locks.assertLocked("other")).toThrow(lockError("ERR_LOCK_NOT_HOLDER", { key: "other" }));
        clock.freeze(20_000);
        expect(() => locks.assertLocked("k")).toThrow(lockError("ERR_LOCK_LOST"));
      },
      { onLost: "ignore" },
    );
  });

  test.each([undefined, "", 5])("is not asserted of %s", async (key) => {
    const { locks } = await cluster(1);
    expect(() => locks.assertLocked(key as string)).toThrow(lockError("ERR_LOCK_INVALID_ARGUMENT"));
  });
});

describe("a job that starts itself again from inside", () => {
  test("is no longer inside of a lease of its own that was lost", async () => {
    const { clock, locks } = await cluster(1);
    const outcomes: unknown[] = [];
    const surroundings: unknown[] = [];
    const turn = async (number: number): Promise<void> => {
      const work = locks.withLock(
        "job",
        () => {
          if (number === 1) clock.freeze(60_000);
          const next = AsyncResource.bind(() => {
            surroundings.push(locks.currentLease());
            if (number < 3) void turn(number + 1);
          });
          clock.setTimer(next, 1_000);
        },
        { nested: "reenter" },
      );
      outcomes.push(await stateOf(work));
    };
    void turn(1);
    await clock.advance(100_000);
    expect(outcomes).toEqual(["ERR_LOCK_LOST", "fulfilled", "fulfilled"]);
    expect(surroundings).toEqual([undefined, undefined, undefined]);
  });

  test("leaves its ended leases to the garbage collector", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { locks } = await cluster(1);
    const leases: WeakRef<object>[] = [];
    const alive = new Gate<number>();
    // Counted from within the last turn's surroundings, which is what would keep the others.
    const count = (): void => {
      collect();
      alive.open(leases.filter((lease) => lease.deref() !== undefined).length);
    };
    const turn = (): Promise<void> =>
      locks.withLock("job", (lease) => {
        leases.push(new WeakRef(lease));
        setImmediate(leases.length < 200 ? turn : count);
      });
    void turn();
    expect(await alive.opened).toBeLessThan(20);
  });
});
