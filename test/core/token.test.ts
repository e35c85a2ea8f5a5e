import { describe, expect, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

describe("the ownership token", () => {
  test("is unguessable and fresh for every lock", async () => {
    const { locks } = await cluster(1);
    const tokens = await Promise.all(["a", "b", "c"].map(async (key) => (await locks.acquire(key)).token));
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{22}$/);
  });

  test("is fresh for every attempt", async () => {
    const made: string[] = [];
    const generateToken = (key: string) => {
      made.push(key);
      return `token-${made.length}`;
    };
    const { clock, locks, another } = await cluster(1, { generateToken });
    const other = await another().acquire("k", { token: "other" });
    const waiting = locks.acquire("k");
    await clock.advance(500);
    await other.release();
    await clock.advance(500);
    expect(made.length).toBeGreaterThan(1);
    expect((await waiting).token).toBe(`token-${made.length}`);
    expect(new Set(made)).toEqual(new Set(["k"]));
  });

  test.each([undefined, "", 5, null, "\ud800", "x".repeat(513)])(
    "that generateToken makes must be usable: %j",
    async (token) => {
      const { locks } = await cluster(1, { generateToken: () => token as string });
      await expect(locks.acquire("k")).rejects.toThrow(lockError("ERR_LOCK_INVALID_ARGUMENT"));
    },
  );

  test.each(["", 5, null, "\ud800", "x".repeat(513)])(
    "that a caller gives must be usable: %j",
    async (token) => {
      const { locks } = await cluster(1);
      const refused = lockError("ERR_LOCK_INVALID_ARGUMENT");
      await expect(locks.acquire("k", { token: token as string })).rejects.toThrow(refused);
      await expect(locks.release("k", token as string)).rejects.toThrow(refused);
      await expect(locks.extend("k", token as string, 1_000)).rejects.toThrow(refused);
    },
  );
});

describe("acquiring with a token that already holds the key", () => {
  test("gives the same lease, extended, to its own manager", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k", { token: "mine", autoExtend: false });
    await clock.advance(5_000);
    const again = await locks.acquire("k", { token: "mine", waitMs: 0 });
    expect(again).toBe(lease);
    expect(lease.remainingMs()).toBe(9_898);
    expect(locks.stats().held).toBe(1);
  });

  test("gives another manager a lease with the same fencing token", async () => {
    const { clock, locks, another, holders } = await cluster(3);
    const lease = await locks.acquire("k", { token: "mine", autoExtend: false, ttlMs: 5_000 });
    await clock.advance(3_000);
    const other = await another().acquire("k", { token: "mine", waitMs: 0 });
    expect([other.fencingToken, other.token]).toEqual([lease.fencingToken, "mine"]);
    expect(other.remainingMs()).toBe(9_898);
    await other.release();
    expect(await holders("k")).toBe(0);
  });

  test("gives the fencing token also where the nodes' counters differ", async () => {
    const { locks, nodes, another, connect } = await cluster(3);
    const [first] = connect();
    await (await another({}, first ? [first] : []).acquire("k")).release();
    await (await another({}, first ? [first] : []).acquire("k")).release();
    const lease = await locks.acquire("k", { token: "mine" });
    expect(nodes.length).toBe(3);
    const other = await another().acquire("k", { token: "mine" });
    expect(other.fencingToken).toBe(lease.fencingToken);
  });

  test("is one attempt for a retried request, however often it comes", async () => {
    const { locks, another, holders } = await cluster(3);
    const managers = [locks, another(), another()];
    const leases = await Promise.all(managers.map((one) => one.acquire("k", { token: "mine", waitMs: 0 })));
    expect(new Set(leases.map(({ fencingToken }) => fencingToken)).size).toBe(1);
    expect(await holders("k", "mine")).toBe(3);
  });

  test("is no privilege for a token that holds another key", async () => {
    const { locks, another } = await cluster(3);
    await locks.acquire("a", { token: "mine" });
    await another().acquire("b");
    expect(await locks.tryAcquire("b", { token: "mine" })).toBeNull();
  });

  test("acquires anew, with a larger fencing token, what has expired meanwhile", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k", { token: "mine", autoExtend: false, ttlMs: 1_000 });
    await clock.advance(2_000);
    const again = await locks.acquire("k", { token: "mine" });
    expect(again.fencingToken).toBeGreaterThan(lease.fencingToken);
    expect([lease.valid, again.valid]).toEqual([false, true]);
  });

  test("acquires anew what its nodes have lost, and the lease before is over", async () => {
    const { servers, locks } = await cluster(1);
    const lease = await locks.acquire("k", { token: "mine" });
    const { signal } = lease;
    servers[0]?.restart();
    const again = await locks.acquire("k", { token: "mine" });
    expect(again.valid).toBe(true);
    expect([lease.valid, signal.aborted]).toEqual([false, true]);
    expect(locks.stats().held).toBe(1);
  });

  test("of several keys holds each lock by itself", async () => {
    const { locks, holders } = await cluster(3);
    const a = await locks.acquire("a", { token: "mine" });
    const ab = await locks.acquire(["a", "b"], { token: "mine" });
    expect([a.valid, ab.valid, locks.stats().held]).toEqual([true, true, 2]);
    await locks.close();
    expect([a.valid, ab.valid, await holders("a"), await holders("b")]).toEqual([false, false, 0, 0]);
  });
});

describe("taking a lease over by its token", () => {
  test("extends it from another process and gives a lease with the same fencing token", async () => {
    const { clock, locks, another, holders } = await cluster(3);
    const lease = await locks.acquire("k", { autoExtend: false, ttlMs: 2_000 });
    const taken = await another().extend("k", lease.token, 30_000);
    expect([taken.token, taken.fencingToken, taken.ttlMs]).toEqual([lease.token, lease.fencingToken, 30_000]);
    expect(taken.remainingMs()).toBe(29_698);
    await clock.advance(10_000);
    expect([taken.valid, await holders("k", lease.token)]).toEqual([true, 3]);
    expect(await taken.release()).toBe(true);
    expect(await holders("k")).toBe(0);
  });

  test("is the lease's own extension for the manager that holds it", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k");
    await clock.advance(2_000);
    expect(await locks.extend("k", lease.token, 20_000)).toBe(lease);
    expect(lease.remainingMs()).toBe(19_798);
  });

  test("of a lease that this manager has, and has lost without knowing it, is refused as of anybody's", async () => {
    const { servers, locks } = await cluster(3, { autoExtend: false, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    for (const server of servers) server.restart();
    await expect(locks.extend("k", lease.token, 20_000)).rejects.toThrow(lockError("ERR_LOCK_NOT_HOLDER"));
    expect(lease.signal.aborted).toBe(true);
  });

  test("is not extended automatically", async () => {
    const { clock, locks, another } = await cluster(3);
    const lease = await locks.acquire("k", { autoExtend: false });
    const taken = await another().extend("k", lease.token, 5_000);
    await clock.advance(6_000);
    expect(taken.valid).toBe(false);
  });

  test("works with a node out of order, and repairs one that has lost it", async () => {
    const { clock, servers, locks, another, connect, holders } = await cluster(3, { restartQuarantineMs: 0 });
    const lease = await locks.acquire("k", { ttlMs: 60_000 });
    servers[2]?.restart();
    const taken = await another({}, connect()).extend("k", lease.token, 60_000);
    await clock.advance(0);
    expect(taken.fencingToken).toBe(lease.fencingToken);
    expect(await holders("k", lease.token)).toBe(3);
  });

  test.each(["nobody", "somebody else"])("is refused when %s holds the key", async (who) => {
    const { locks, another, holders } = await cluster(3);
    const other = who === "nobody" ? undefined : await another().acquire("k");
    await expect(locks.extend("k", "mine", 10_000)).rejects.toThrow(
      lockError("ERR_LOCK_NOT_HOLDER", { keys: ["k"] }),
    );
    expect(await holders("k", other?.token)).toBe(other === undefined ? 0 : 3);
  });

  test("is unavailable where no quorum answers", async () => {
    const { clock, nodes, locks, another } = await cluster(3);
    const lease = await another().acquire("k");
    for (const node of nodes.slice(0, 2)) node.faults.lose("requests");
    const extending = locks.extend("k", lease.token, 10_000);
    await clock.advance(1_000);
    expect(await stateOf(extending)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(locks.stats().held).toBe(0);
  });
});
