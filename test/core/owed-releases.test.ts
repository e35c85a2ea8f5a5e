import { describe, expect, test } from "vitest";
import { type Cluster, cluster } from "./cluster.js";

const BUSY = new Error("BUSY Redis is busy running a script");

/** On how many nodes each of the keys is held. */
function held({ holders }: Cluster, ...keys: string[]): Promise<number[]> {
  return Promise.all(keys.map((key) => holders(key)));
}

describe("a release that a node could not be given for want of a connection", () => {
  test.each<[how: string, lengthen: (c: Cluster) => Promise<unknown>]>([
    ["extended", async ({ locks }) => locks.extend("k", "t", 3_600_000)],
    ["acquired again", async ({ locks }) => locks.acquire("k", { token: "t", ttlMs: 3_600_000 })],
  ])("is owed for as long as the lock stays, also when it was %s for longer", async (_how, lengthen) => {
    const c = await cluster(1);
    const lease = await c.locks.acquire("k", { token: "t", ttlMs: 10_000, autoExtend: false });
    await lengthen(c);
    c.nodes[0]?.faults.disconnect();
    await lease.release();
    await c.clock.advance(60_000);
    expect(await held(c, "k")).toEqual([1]);
    c.nodes[0]?.faults.reconnect();
    await c.clock.advance(0);
    expect(await held(c, "k")).toEqual([0]);
  });

  test("is owed for each of the locks that are held under one token", async () => {
    const c = await cluster(1);
    const leases = [
      await c.locks.acquire("a", { token: "t" }),
      await c.locks.acquire("b", { token: "t" }),
      await c.locks.acquire(["c", "d"], { token: "t" }),
    ];
    c.nodes[0]?.faults.disconnect();
    for (const lease of leases) await lease.release();
    expect(await held(c, "a", "b", "c", "d")).toEqual([1, 1, 1, 1]);
    c.nodes[0]?.faults.reconnect();
    await c.clock.advance(0);
    expect(await held(c, "a", "b", "c", "d")).toEqual([0, 0, 0, 0]);
  });
});

describe("a release that a connected node refused", () => {
  test("is made up for when the node answers again, whatever it is asked then", async () => {
    const c = await cluster(1);
    const lease = await c.locks.acquire("k", { ttlMs: 600_000 });
    c.nodes[0]?.faults.fail(BUSY, "release");
    expect(await lease.release()).toBe(false);
    c.nodes[0]?.faults.resume();
    expect(await held(c, "k")).toEqual([1]);
    await c.locks.acquire("other");
    await c.clock.advance(0);
    expect(await held(c, "k")).toEqual([0]);
  });

  test("is owed on, as often as it is refused", async () => {
    const c = await cluster(1);
    const lease = await c.locks.acquire("k", { ttlMs: 600_000 });
    c.nodes[0]?.faults.fail(BUSY, "release");
    await lease.release();
    for (const key of ["x", "y", "z"]) {
      await c.clock.advance(1_000);
      await c.locks.acquire(key);
    }
    expect(await held(c, "k")).toEqual([1]);
    c.nodes[0]?.faults.resume();
    await c.clock.advance(1_000);
    await c.locks.inspect("k");
    await c.clock.advance(0);
    expect(await held(c, "k")).toEqual([0]);
  });

  test("is asked of it once in nodeTimeoutMs, not with every answer", async () => {
    const c = await cluster(1);
    c.nodes[0]?.faults.fail(BUSY, "release");
    for (let i = 0; i < 100; i++) {
      await (await c.locks.acquire(`k${i}`)).release();
      await c.clock.advance(10);
    }
    const releases = c.nodes[0]?.faults.carriedOut.length ?? 0;
    expect(releases).toBeLessThan(500);
  });

  test("is owed no more when one of its keys is acquired again under the same token", async () => {
    const c = await cluster(1);
    const both = await c.locks.acquire(["a", "b"], { token: "t" });
    c.nodes[0]?.faults.disconnect();
    await both.release();
    c.nodes[0]?.faults.reconnect();
    const again = await c.locks.acquire("a", { token: "t" });
    await c.clock.advance(2_000);
    expect([again.valid, await c.another().tryAcquire("a")]).toEqual([true, null]);
  });
});

test("a release that was lost with its connection is owed no more when its key was acquired again meanwhile", async () => {
  const c = await cluster(1, { ttlMs: 10_000, autoExtend: false });
  const lease = await c.locks.acquire("k", { token: "t" });
  c.nodes[0]?.faults.lose("requests", "release");
  const released = lease.release();
  await c.clock.advance(2_000);
  expect(await released).toBe(false);
  const again = await c.locks.acquire("k", { token: "t" });
  c.nodes[0]?.faults.disconnect();
  await c.clock.advance(0);
  c.nodes[0]?.faults.resume();
  c.nodes[0]?.faults.reconnect();
  await c.clock.advance(10);
  expect([again.valid, await c.another().tryAcquire("k")]).toEqual([true, null]);
});

test("so is one that is lost a second time, on its way to the node that it was owed to", async () => {
  const c = await cluster(1, { ttlMs: 10_000, autoExtend: false });
  const lease = await c.locks.acquire("k", { token: "t" });
  c.nodes[0]?.faults.disconnect();
  expect(await lease.release()).toBe(false);
  c.nodes[0]?.faults.lose("requests", "release");
  c.nodes[0]?.faults.reconnect();
  await c.clock.advance(10);
  const again = await c.locks.acquire("k", { token: "t" });
  c.nodes[0]?.faults.disconnect();
  await c.clock.advance(0);
  c.nodes[0]?.faults.resume();
  c.nodes[0]?.faults.reconnect();
  await c.clock.advance(10);
  expect([again.valid, await c.another().tryAcquire("k")]).toEqual([true, null]);
});
