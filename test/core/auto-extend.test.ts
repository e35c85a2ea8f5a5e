import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, onTestFinished, test } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

/** Everything that is published on a channel from now on. */
function published(name: string): unknown[] {
  const events: unknown[] = [];
  const listen = (event: unknown): void => void events.push(event);
  subscribe(name, listen);
  onTestFinished(() => void unsubscribe(name, listen));
  return events;
}

describe("automatic extension", () => {
  test("keeps a lease alive until it is released, by a few requests for each ttl", async () => {
    const { clock, nodes, locks, holders } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 1_000 });
    await clock.advance(100_000);
    expect([lease.valid, await holders("k", lease.token)]).toEqual([true, 3]);
    const extensions = nodes[0]?.faults.carriedOut.filter((request) => request === "extend").length ?? 0;
    expect(extensions).toBeGreaterThan(100);
    expect(extensions).toBeLessThan(500);
    expect(locks.stats().extended).toBe(extensions);
    await lease.release();
    expect(await holders("k")).toBe(0);
  });

  test("does not spin with the shortest ttl", async () => {
    const { clock, nodes, locks } = await cluster(1);
    await locks.acquire("k", { ttlMs: 5 });
    await clock.advance(1_000);
    // A request in a millisecond at most, for 200 leases' time.
    expect(nodes[0]?.faults.carriedOut.length).toBeLessThan(1_100);
  });

  test("can be turned off, for one lock and for all", async () => {
    const { clock, locks, another } = await cluster(1);
    const [one, two] = [
      await locks.acquire("a", { autoExtend: false }),
      await another({ autoExtend: false }).acquire("b"),
    ];
    await clock.advance(10_000);
    expect([one.valid, two.valid]).toEqual([false, false]);
  });

  test("survives an outage that is shorter than what was left of the lease", async () => {
    const { clock, nodes, locks } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 9_000 });
    const atRisk = published("redlock-kit:at-risk");
    for (const node of nodes) node.faults.lose("requests");
    await clock.advance(5_000);
    for (const node of nodes) node.faults.resume();
    await clock.advance(30_000);
    expect(lease.valid).toBe(true);
    expect(lease.signal.aborted).toBe(false);
    expect(atRisk.length).toBeLessThanOrEqual(1);
  });

  test("goes on trying after errors, and asks sooner than after a success", async () => {
    const { clock, nodes, locks } = await cluster(1);
    const lease = await locks.acquire("k", { ttlMs: 9_000 });
    nodes[0]?.faults.fail(new Error("LOADING"), "extend");
    await clock.advance(7_000);
    nodes[0]?.faults.resume();
    await clock.advance(600);
    expect(lease.remainingMs()).toBeGreaterThan(8_000);
  });

  test("says that a lease is at risk when a third of it is left after extensions have failed", async () => {
    const { clock, nodes, locks } = await cluster(3);
    const events = published("redlock-kit:at-risk");
    const lease = await locks.acquire("k", { ttlMs: 9_000, owner: "report" });
    for (const node of nodes) node.faults.fail(new Error("LOADING"), "extend");
    await clock.advance(5_500);
    expect(events).toEqual([]);
    await clock.advance(1_500);
    expect(events[0]).toMatchObject({
      keys: ["k"],
      owner: "report",
      fencingToken: lease.fencingToken,
      error: undefined,
      votes: [
        { node: "node-1", outcome: "unknown", reason: "LOADING" },
        { outcome: "unknown" },
        { outcome: "unknown" },
      ],
    });
    expect((events[0] as { remainingMs: number }).remainingMs).toBeLessThanOrEqual(3_000);
    expect(lease.valid).toBe(true);
  });
});

describe("the signal of a lease", () => {
  test("fires with every node silent, before anybody else can have the lock", async () => {
    const { clock, nodes, locks, another } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 3_000 });
    for (const node of nodes) node.faults.lose("requests");
    const next = another().acquire("k", { waitMs: 60_000 });
    let abortedAt = Number.POSITIVE_INFINITY;
    let takenAt = Number.POSITIVE_INFINITY;
    lease.signal.addEventListener("abort", () => (abortedAt = clock.monotonic()));
    void next.then(() => (takenAt = clock.monotonic()));
    await clock.advance(10_000);
    expect(abortedAt).toBeLessThan(takenAt);
    expect(abortedAt).toBeLessThanOrEqual(3_000);
    expect(takenAt).toBeLessThan(3_500);
    expect(lease.signal.reason).toEqual(lockError("ERR_LOCK_LOST", { key: "k" }));
    expect((lease.signal.reason as Error).message).toMatch(/could not be extended in time/);
  });

  test("fires in time while an extension is waiting for its answer", async () => {
    const { clock, nodes, locks } = await cluster(1, { nodeTimeoutMs: 60_000 });
    const lease = await locks.acquire("k", { ttlMs: 3_000 });
    const { signal } = lease;
    await clock.advance(900);
    nodes[0]?.faults.hold("requests", "extend");
    await clock.advance(2_100);
    expect(signal.aborted).toBe(true);
  });

  test("fires when the nodes say that the lease is somebody else's", async () => {
    const { clock, locks, another } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 9_000 });
    const { signal } = lease;
    expect(await another().forceRelease("k")).toBe(true);
    await clock.advance(3_500);
    expect([signal.aborted, lease.valid]).toEqual([true, false]);
    expect(locks.stats()).toMatchObject({ lost: 1, held: 0 });
  });

  test("never fires after a release", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k");
    const { signal } = lease;
    await lease.release();
    await clock.advance(60_000);
    expect([signal.aborted, lease.signal.aborted]).toEqual([false, false]);
  });

  test("that is asked for after the loss has fired already", async () => {
    const { clock, locks } = await cluster(1, { autoExtend: false });
    const lease = await locks.acquire("k");
    await clock.advance(10_000);
    expect(lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toEqual(lockError("ERR_LOCK_LOST"));
    expect((lease.signal.reason as Error).message).toMatch(/autoExtend is off/);
  });

  test("ends what was started with it", async () => {
    const { clock, nodes, locks } = await cluster(3);
    const work = locks.withLock("k", async ({ signal }) => {
      await new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    });
    await clock.advance(0);
    for (const node of nodes) node.faults.disconnect();
    await clock.advance(10_000);
    expect(await stateOf(work)).toBe("ERR_LOCK_LOST");
  });
});

describe("the longest hold", () => {
  test("ends automatic extension, so that work that hangs does not hold for ever", async () => {
    const { clock, locks, another } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 9_000, maxHoldMs: 30_000 });
    let told = false;
    lease.signal.addEventListener("abort", () => (told = true));
    await clock.advance(27_000);
    expect([lease.valid, told]).toEqual([true, false]);
    await clock.advance(3_000);
    expect([lease.valid, told]).toEqual([false, true]);
    expect((lease.signal.reason as Error).message).toMatch(/maxHoldMs/);
    expect((await another().acquire("k")).valid).toBe(true);
  });

  test("costs no flurry of extensions at its end", async () => {
    const { clock, nodes, locks } = await cluster(1);
    await locks.acquire("k", { ttlMs: 9_000, maxHoldMs: 18_000 });
    await clock.advance(18_000);
    const extensions = nodes[0]?.faults.carriedOut.filter((request) => request === "extend");
    expect(extensions?.length).toBeLessThan(10);
  });

  test("does not keep the holder from extending", async () => {
    const { clock, locks } = await cluster(3);
    const lease = await locks.acquire("k", { ttlMs: 9_000, maxHoldMs: 10_000 });
    await clock.advance(8_000);
    await lease.extend(20_000);
    await clock.advance(15_000);
    expect(lease.valid).toBe(true);
  });
});
