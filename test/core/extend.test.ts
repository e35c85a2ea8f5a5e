import { describe, expect, test } from "vitest";
import { cluster, lockError, namesOf, stateOf } from "./cluster.js";

const OFF = { autoExtend: false } as const;

describe.each([1, 2, 3, 4, 5])("an extension over N = %d nodes", (n) => {
  const quorum = Math.floor(n / 2) + 1;

  test("is renewed by a quorum that still has the lease", async () => {
    const { clock, nodes, locks } = await cluster(n, OFF);
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    await clock.advance(5_000);
    for (const node of nodes.slice(quorum)) node.faults.hold("requests");
    expect(await lease.extend()).toBe(lease);
    expect(lease.remainingMs()).toBe(9_898);
  });

  test("finds the lease lost when a quorum says that it is not ours", async () => {
    const { servers, locks } = await cluster(n, { ...OFF, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    for (const server of servers.slice(0, quorum)) server.restart();
    const lost: unknown[] = [];
    lease.signal.addEventListener("abort", () => lost.push(lease.signal.reason));
    await expect(lease.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST", { key: "k" }));
    expect([lease.valid, lost]).toEqual([false, [lockError("ERR_LOCK_LOST")]]);
  });

  test("is unknown when no quorum answers, and the lease goes on as it was", async () => {
    const { clock, nodes, locks } = await cluster(n, OFF);
    const lease = await locks.acquire("k", { ttlMs: 10_000 });
    await clock.advance(3_000);
    for (const node of nodes.slice(0, n - quorum + 1)) node.faults.lose("requests");
    const extending = lease.extend();
    await clock.advance(1_000);
    await expect(extending).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    expect([lease.valid, lease.remainingMs()]).toEqual([true, 5_898]);
    for (const node of nodes) node.faults.resume();
    await clock.advance(1_000);
    await lease.extend();
    expect(lease.remainingMs()).toBe(9_898);
  });
});

describe("an extension", () => {
  test("never shortens the lease, neither here nor on the nodes", async () => {
    const { clock, servers, locks } = await cluster(3, OFF);
    const lease = await locks.acquire("k", { ttlMs: 60_000 });
    await lease.extend(1_000);
    expect(lease.remainingMs()).toBe(59_398);
    await clock.advance(30_000);
    expect(lease.valid).toBe(true);
    for (const server of servers) expect((await server.inspect(namesOf("k"))).remainingMs).toBe(30_000);
  });

  test("asks for the lease's own ttl, or for another that is its own from then on", async () => {
    const { clock, locks } = await cluster(3, OFF);
    const lease = await locks.acquire("k", { ttlMs: 5_000 });
    await clock.advance(4_000);
    await lease.extend();
    expect(lease.remainingMs()).toBe(4_948);
    await lease.extend(20_000);
    expect([lease.remainingMs(), lease.ttlMs]).toEqual([19_798, 20_000]);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5"])(
    "by %s ms is refused as an argument, and leaves the lease alone",
    async (ttlMs) => {
      const { locks } = await cluster(1, OFF);
      const lease = await locks.acquire("k");
      await expect(lease.extend(ttlMs as number)).rejects.toThrow(lockError("ERR_LOCK_INVALID_ARGUMENT"));
      expect(lease.remainingMs()).toBe(9_898);
    },
  );

  test("keeps the fencing token", async () => {
    const { locks } = await cluster(3, OFF);
    const lease = await locks.acquire("k");
    const { fencingToken } = lease;
    await lease.extend(30_000);
    expect(lease.fencingToken).toBe(fencingToken);
    expect((await locks.inspect("k"))?.fencingToken).toBe(fencingToken);
  });

  test("of a lease that was released is refused", async () => {
    const { locks, holders } = await cluster(3, OFF);
    const lease = await locks.acquire("k");
    await lease.release();
    await expect(lease.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST"));
    expect(await holders("k")).toBe(0);
  });

  test("of a lease that has expired is refused and does not bring it back", async () => {
    const { clock, locks, holders } = await cluster(3, OFF);
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    await clock.advance(1_100);
    await expect(lease.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST"));
    expect(await holders("k")).toBe(0);
  });

  test("of a lease whose keys another has got meanwhile leaves the other alone", async () => {
    const { servers, locks, another, holders } = await cluster(3, { ...OFF, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    for (const server of servers) server.restart();
    const other = await another().acquire("k");
    await expect(lease.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST"));
    expect(await holders("k", other.token)).toBe(3);
  });
});

describe("a node that has lost a lease that a quorum still has", () => {
  test("gets it back after the next extension, with what is left of it", async () => {
    const { clock, servers, locks, holders } = await cluster(3, { ...OFF, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    servers[2]?.restart();
    expect(await holders("k", lease.token)).toBe(2);
    await lease.extend(5_000);
    await clock.advance(0);
    expect(await holders("k", lease.token)).toBe(3);
    const state = await servers[2]?.inspect(namesOf("k"));
    expect(state?.remainingMs).toBeLessThanOrEqual(9_898);
    expect(state?.fence).toBeGreaterThanOrEqual(lease.fencingToken);
  });

  test("has no vote in the round that gives it back", async () => {
    const { clock, servers, nodes, locks } = await cluster(3, { ...OFF, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    servers[1]?.restart();
    nodes[2]?.faults.lose("requests");
    const extending = lease.extend();
    await clock.advance(1_000);
    expect(await stateOf(extending)).toBe("ERR_LOCK_UNAVAILABLE");
    expect(lease.remainingMs()).toBe(8_898);
  });

  test("does not get it back from a round that was not confirmed", async () => {
    const { clock, servers, nodes, locks, holders } = await cluster(3, { ...OFF, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    servers[1]?.restart();
    nodes[2]?.faults.lose("requests");
    lease.extend().catch(() => {});
    await clock.advance(1_000);
    expect(await holders("k", lease.token)).toBe(2);
  });

  test("is left to whoever has it meanwhile", async () => {
    const { clock, servers, locks, another, connect, holders } = await cluster(3, {
      ...OFF,
      restartQuarantineMs: 0,
    });
    const lease = await locks.acquire("k");
    servers[2]?.restart();
    const alone = another({}, connect().slice(2));
    const other = await alone.acquire("k");
    await lease.extend();
    await clock.advance(0);
    expect([await holders("k", lease.token), await holders("k", other.token)]).toEqual([2, 1]);
  });

  test("gets it back also when its answer came after the quorum's", async () => {
    const { clock, servers, nodes, locks, holders } = await cluster(3, { ...OFF, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    servers[2]?.restart();
    await clock.advance(0);
    nodes[2]?.faults.delay("replies", 100, "extend");
    await lease.extend();
    await clock.advance(300);
    expect(await holders("k", lease.token)).toBe(3);
  });
});

describe("a release while an extension is under way", () => {
  test.each(["requests", "replies"] as const)(
    "ends the lease for good, whenever the %s arrive",
    async (way) => {
      const { clock, nodes, locks, another, holders } = await cluster(3, OFF);
      const lease = await locks.acquire("k");
      for (const node of nodes) node.faults.hold(way, "extend");
      const extending = lease.extend();
      await clock.advance(0);
      expect(await lease.release()).toBe(true);
      for (const node of nodes) node.faults.resume();
      await clock.advance(0);
      expect(await stateOf(extending)).toBe("ERR_LOCK_LOST");
      expect([lease.valid, await holders("k")]).toEqual([false, 0]);
      expect((await another().tryAcquire("k"))?.valid).toBe(true);
    },
  );

  test("leaves nothing on a node that was being repaired", async () => {
    const { clock, servers, nodes, locks, holders } = await cluster(3, { ...OFF, restartQuarantineMs: 0 });
    const lease = await locks.acquire("k");
    servers[2]?.restart();
    await clock.advance(0);
    nodes[2]?.faults.delay("requests", 200, "extend");
    await lease.extend();
    // Node 3 has now said that it has nothing, and the repair is on its way.
    await clock.advance(250);
    await lease.release();
    await clock.advance(1_000);
    expect(nodes[2]?.faults.carriedOut.filter((request) => request === "extend").length).toBe(2);
    expect(await holders("k")).toBe(0);
  });

  test("is not followed by any extension", async () => {
    const { clock, nodes, locks } = await cluster(1);
    const lease = await locks.acquire("k");
    await clock.advance(4_000);
    await lease.release();
    const before = nodes[0]?.faults.carriedOut.length;
    await clock.advance(60_000);
    expect(nodes[0]?.faults.carriedOut.length).toBe(before);
    expect(clock.timers).toBe(0);
  });
});

test("an extension in the last moments of a lease makes no silent node of one that had no time to answer", async () => {
  const { clock, nodes, locks } = await cluster(1, { ...OFF, ttlMs: 1_000 });
  const lease = await locks.acquire("k");
  await clock.advance(lease.remainingMs() - 2);
  nodes[0]?.faults.delay("replies", 5);
  const extending = expect(lease.extend()).rejects.toThrow(lockError("ERR_LOCK_LOST"));
  await clock.advance(3);
  await extending;
  expect(locks.stats().nodes[0]).toMatchObject({ voting: true });
});
