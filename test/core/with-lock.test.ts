import { isLockError, type Lease, type LockError, type LockNode } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { cluster, lockError, namesOf, occupy, stateOf } from "./cluster.js";

describe("withLock", () => {
  test("runs the function under a valid lease and gives back its result", async () => {
    const { locks, holders } = await cluster(3);
    const result = await locks.withLock("k", async (lease) => {
      expect([lease.key, lease.valid, await holders("k", lease.token)]).toEqual(["k", true, 3]);
      return { seat: 7 };
    });
    expect(result).toEqual({ seat: 7 });
    expect(await holders("k")).toBe(0);
  });

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["0", 0],
    ["false", false],
    ["an error as a value", new Error("just a value")],
  ])("gives back %s as it is", async (_what, value) => {
    const { locks } = await cluster(1);
    expect(await locks.withLock("k", () => value)).toBe(value);
  });

  test.each<[string, unknown]>([
    ["an error", new TypeError("boom")],
    ["a string", "boom"],
    ["undefined", undefined],
  ])("lets what the function throws through unchanged: %s", async (_what, thrown) => {
    const { locks, holders } = await cluster(3);
    const sync = locks.withLock("k", () => {
      throw thrown;
    });
    expect(
      await sync.then(
        () => "no error",
        (error: unknown) => error,
      ),
    ).toBe(thrown);
    const late = locks.withLock("k", () => Promise.reject(thrown as Error));
    expect(
      await late.then(
        () => "no error",
        (error: unknown) => error,
      ),
    ).toBe(thrown);
    expect(await holders("k")).toBe(0);
  });

  test("never runs the function without the lock", async () => {
    const { nodes, locks, another } = await cluster(3);
    await another().acquire("k");
    let ran = false;
    const work = () => void (ran = true);
    await expect(locks.withLock("k", work, { waitMs: 0 })).rejects.toThrow(lockError("ERR_LOCK_HELD"));
    for (const node of nodes) node.faults.disconnect();
    await expect(locks.withLock("k", work, { waitMs: 0 })).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    expect(ran).toBe(false);
  });

  test("passes the options of acquire on", async () => {
    const { locks } = await cluster(1);
    const seen = await locks.withLock("k", ({ ttlMs, owner, token }) => ({ ttlMs, owner, token }), {
      ttlMs: 5_000,
      owner: "report",
      token: "mine",
    });
    expect(seen).toEqual({ ttlMs: 5_000, owner: "report", token: "mine" });
  });

  test("extends while the function runs", async () => {
    const { clock, locks } = await cluster(3);
    const work = locks.withLock("k", async (lease) => {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 120_000));
      return lease.valid;
    });
    await clock.advance(120_000);
    expect(await work).toBe(true);
  });
});

describe("a lease that is lost while its function runs", () => {
  async function overrun<T>(onLost: "throw" | "ignore" | undefined, end: (lease: Lease) => Promise<T> | T) {
    const { clock, locks } = await cluster(3);
    const work = locks.withLock(
      "k",
      async (lease) => {
        clock.freeze(20_000);
        return end(lease);
      },
      { onLost },
    );
    return work;
  }

  test("makes a success ERR_LOCK_LOST, with the result", async () => {
    const error = await overrun(undefined, () => "done").catch((thrown: unknown) => thrown);
    expect(isLockError(error, "ERR_LOCK_LOST")).toBe(true);
    expect((error as LockError).result).toBe("done");
    expect((error as LockError).keys).toEqual(["k"]);
  });

  test("is ignored on demand", async () => {
    expect(await overrun("ignore", () => "done")).toBe("done");
  });

  test("never hides the function's own error", async () => {
    const boom = new Error("boom");
    await expect(overrun(undefined, () => Promise.reject(boom))).rejects.toBe(boom);
  });

  test("is a loss also when the function released it in vain", async () => {
    await expect(overrun(undefined, (lease) => lease.release())).rejects.toThrow(
      lockError("ERR_LOCK_LOST", { result: false }),
    );
  });

  test("because somebody took it within its validity comes to light at the latest with the release", async () => {
    const { locks, another } = await cluster(3);
    const other = another();
    const work = locks.withLock("k", async () => {
      await other.forceRelease("k");
      await other.acquire("k");
      return "done";
    });
    await expect(work).rejects.toThrow(lockError("ERR_LOCK_LOST", { result: "done" }));
  });
});

describe("a release that fails after the function", () => {
  test.each([
    ["its result", () => "done", "done"],
    ["its error", () => Promise.reject(new Error("boom")), "boom"],
  ])("never replaces %s", async (_what, end, expected) => {
    const { clock, nodes, locks } = await cluster(3);
    const work = locks.withLock("k", async () => {
      for (const node of nodes) node.faults.disconnect();
      return end();
    });
    const outcome = work.catch((error: unknown) => (error as Error).message);
    await clock.advance(2_000);
    expect(await outcome).toBe(expected);
  });

  test("does not keep the caller waiting for longer than a node's deadline", async () => {
    const { clock, nodes, locks } = await cluster(3);
    const work = locks.withLock("k", () => {
      for (const node of nodes) node.faults.hold("requests");
      return "done";
    });
    await clock.advance(1_000);
    expect(await stateOf(work)).toBe("fulfilled");
  });
});

describe("a function that releases its own lease", () => {
  test("ends with a success", async () => {
    const { locks, another } = await cluster(3);
    const other = another();
    const result = await locks.withLock("k", async (lease) => {
      expect(await lease.release()).toBe(true);
      expect((await other.tryAcquire("k"))?.valid).toBe(true);
      return "done";
    });
    expect(result).toBe("done");
  });
});

describe("arguments of withLock that are not usable", () => {
  test.each<[string, unknown, object?]>([
    ["no function", undefined],
    ["a string for a function", "work"],
    ["an unknown option", () => 1, { tllMs: 5 }],
    ["an unknown onLost", () => 1, { onLost: "shrug" }],
  ])("%s", async (_what, work, options) => {
    const { nodes, locks } = await cluster(1);
    await expect(locks.withLock("k", work as never, options as never)).rejects.toThrow(
      lockError("ERR_LOCK_INVALID_ARGUMENT"),
    );
    expect(nodes[0]?.faults.carriedOut).not.toContain("grant");
  });
});

describe("a theft that only the slower of the last two nodes knows of", () => {
  test.each([0, 1])("comes to light with the release: node %d", async (slower) => {
    const { clock, servers, nodes, locks } = await cluster(3);
    nodes[2]?.faults.disconnect();
    const work = locks.withLock("k", async () => {
      await servers[slower]?.release({ keys: [namesOf("k")], token: null, lockDelayMs: 0, keepMs: 0 });
      await occupy(servers[slower] as LockNode, "k");
      nodes[slower]?.faults.delay("replies", 5);
      return "done";
    });
    const refused = expect(work).rejects.toThrow(lockError("ERR_LOCK_LOST", { result: "done" }));
    await clock.advance(100);
    await refused;
  });
});
