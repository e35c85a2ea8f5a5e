import { describe, expect, test } from "vitest";
import { stateOf } from "../core/cluster.js";
import { sleep } from "./chance.js";
import { expectNothingLeft, type Process, processes, sent, settle } from "./process.js";

/** Who had the lock how often in a row, when two processes of 30 waiters each hold it for `holdMs` each time. */
async function runs(size: number, holdMs: number, waiters: readonly number[] = [30, 30]) {
  const { of, clock, all } = await processes(size, waiters.length + 1);
  const lease = await all.at(-1)?.locks.acquire("k");
  const sequence: number[] = [];
  const visit = async (i: number): Promise<void> => {
    const granted = await all[i]?.locks.acquire("k");
    sequence.push(i);
    if (holdMs > 0) await sleep(clock, holdMs);
    await granted?.release();
  };
  const visits: Promise<void>[] = [];
  for (const [i, count] of waiters.entries()) {
    visits.push(...Array.from({ length: count }, () => visit(i)));
    await clock.advance(10);
  }
  const before = clock.monotonic();
  await lease?.release();
  const total = waiters.reduce((sum, count) => sum + count, 0);
  while (sequence.length < total && clock.monotonic() - before < 60_000) await clock.advance(1);
  const tookMs = clock.monotonic() - before;
  await clock.advance(holdMs + 1);
  await Promise.all(visits);
  await expectNothingLeft(
    of.servers,
    all.map(({ locks }) => locks),
    ["k"],
  );
  const lengths: number[] = [];
  for (const [at, who] of sequence.entries()) {
    if (who === sequence[at - 1]) lengths[lengths.length - 1] = (lengths.at(-1) ?? 0) + 1;
    else lengths.push(1);
  }
  return { lengths, tookMs };
}

describe.each([1, 3])("over %i node(s), a process with waiters of its own", (size) => {
  test("hands the lock on among them some times, and then another process has its turn", async () => {
    const { lengths, tookMs } = await runs(size, 0);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(9);
    expect(lengths.length).toBeGreaterThanOrEqual(7);
    expect(tookMs).toBeLessThan(10);
  });

  test("hands the lock on among them for a short time only, and then another process has its turn", async () => {
    const { lengths, tookMs } = await runs(size, 20);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4);
    // Nothing is lost between two turns.
    expect(tookMs).toBeLessThan(59 * 20 + 30);
  });

  test("has no gap between them when nobody else waits", async () => {
    const { tookMs } = await runs(size, 20, [30]);
    expect(tookMs).toBeLessThan(29 * 20 + 30);
  });

  test("does not keep one from having its turn who waits alone among many", async () => {
    const { lengths } = await runs(size, 5, [40, 1]);
    expect(lengths).toHaveLength(3);
    expect(lengths[0]).toBeLessThanOrEqual(11);
  });
});

test("a node that frees the lock late is taken, too, by whom it calls", async () => {
  const { of, clock, all } = await processes(3, 2);
  const [holder, next] = all as [Process, Process];
  const lease = await holder.locks.acquire("k");
  const acquire = next.locks.acquire("k");
  await clock.advance(10);
  holder.connections[2]?.faults.delay("requests", 30, "release");
  await lease.release();
  await settle(clock);
  const granted = await acquire;
  expect(await of.holders("k", granted.token)).toBe(2);
  await clock.advance(35);
  expect(await of.holders("k", granted.token)).toBe(3);
  await granted.release();
  await settle(clock);
  await expectNothingLeft(
    of.servers,
    all.map(({ locks }) => locks),
    ["k"],
  );
});

test("a node that frees the lock when its next holder has given it back already is left with nothing", async () => {
  const { of, clock, all } = await processes(3, 2);
  const [holder, next] = all as [Process, Process];
  const lease = await holder.locks.acquire("k");
  const acquire = next.locks.acquire("k");
  await clock.advance(10);
  holder.connections[2]?.faults.delay("requests", 30, "release");
  await lease.release();
  await (await acquire).release();
  await clock.advance(100);
  await expectNothingLeft(
    of.servers,
    all.map(({ locks }) => locks),
    ["k"],
  );
});

test("who waits is called by one node of three, asks in vain, and is not led by that to ask without end", async () => {
  const { of, clock, all } = await processes(3, 2);
  const [holder, own] = all as [Process, Process];
  await holder.locks.acquire("k");
  const acquire = own.locks.acquire("k");
  acquire.catch(() => {});
  await clock.advance(10);
  const before = sent(own, "grant");
  // One node forgets the lock, again and again, and tells so.
  const [server] = of.servers;
  const keys = [{ key: "k", lock: "lock:k", fence: "{lock:k}:fence", queue: "{lock:k}:queue" }];
  for (let turn = 0; turn < 100; turn++) {
    await server?.release({ keys, token: null, lockDelayMs: 0, keepMs: 0 });
    await clock.advance(10);
  }
  expect(await stateOf(acquire)).toBe("pending");
  expect((sent(own, "grant") - before) / 3).toBeLessThan(40);
});
