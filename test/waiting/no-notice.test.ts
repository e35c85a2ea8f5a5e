import type { LockManager, LockManagerOptions, LockNode } from "@redlock-kit/core";
import { fixedDelay } from "@redlock-kit/core";
import type { FaultyNode } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { type Cluster, cluster, manager, namesOf, stateOf } from "../core/cluster.js";
import { expectNothingLeft, processes, sent, settle } from "./process.js";

/** A node that tells no news, like one whose client knows no channels. */
function withoutNotices(node: FaultyNode): LockNode {
  const { listen: _, ...deaf } = Object.getOwnPropertyDescriptors(node);
  return Object.defineProperties({}, deaf) as LockNode;
}

/** A process that hears no notices. */
function deaf(of: Cluster, options: Partial<LockManagerOptions> = {}) {
  const connections = of.connect();
  const nodes = connections.map(withoutNotices);
  return { connections, locks: manager({ waitMs: Infinity, ...options, nodes, clock: of.clock }, of.clock) };
}

describe.each([1, 3])("over %i node(s), a lock of which nobody tells that it is free", (size) => {
  test("since its holder has died is had at the moment at which its lease is over", async () => {
    const { clock, all } = await processes(size, 4);
    const [holder, ...others] = all;
    await holder?.locks.acquire("k", { ttlMs: 3_333, autoExtend: false });
    const waiting = others.map(({ locks }) => locks.acquire("k"));
    for (const acquire of waiting) acquire.catch(() => {});
    await clock.advance(3_320);
    expect(await Promise.all(waiting.map(stateOf))).toEqual(["pending", "pending", "pending"]);
    await clock.advance(60);
    const states = await Promise.all(waiting.map(stateOf));
    expect(states.filter((state) => state === "fulfilled")).toHaveLength(1);
  });

  test("since its holder's lease has run out is had by a waiter of the same process", async () => {
    const { clock, locks, servers } = await cluster(size, { waitMs: Infinity });
    const lease = await locks.acquire("k", { ttlMs: 2_000, autoExtend: false });
    const waiting = locks.acquire("k");
    await clock.advance(1_900);
    expect([lease.valid, await stateOf(waiting)]).toEqual([true, "pending"]);
    await clock.advance(150);
    expect([lease.valid, await stateOf(waiting)]).toEqual([false, "fulfilled"]);
    await (await waiting).release();
    await settle(clock);
    await expectNothingLeft(servers, [locks], ["k"]);
  });

  test("stays taken after an expired lease for the time that the options say, and no longer", async () => {
    const { clock, all } = await processes(size, 2, { lockDelayMs: 1_500 });
    const [holder, other] = all;
    if (holder === undefined || other === undefined) throw new Error("no process");
    await holder.locks.acquire("k", { ttlMs: 2_000, autoExtend: false });
    const waiting = [holder.locks.acquire("k"), other.locks.acquire("k")];
    for (const acquire of waiting) acquire.catch(() => {});
    await clock.advance(3_480);
    expect(await Promise.all(waiting.map(stateOf))).toEqual(["pending", "pending"]);
    await clock.advance(80);
    const states = await Promise.all(waiting.map(stateOf));
    expect(states.filter((state) => state === "fulfilled")).toHaveLength(1);
  });

  test("since another library deleted it is found at the next look", async () => {
    const { of, clock, all } = await processes(size, 1);
    const [own] = all;
    if (own === undefined) throw new Error("no process");
    const names = namesOf("k");
    const times = { ttlMs: 60_000, lockDelayMs: 0, fenceTtlMs: 60_000, maxSkewMs: 60_000, proposal: 1 };
    for (const server of of.servers) await server.grant({ keys: [names], token: "foreign", ...times });
    const waiting = own.locks.acquire("k");
    await clock.advance(3_500);
    expect(await stateOf(waiting)).toBe("pending");
    // With "quiet", which is what a mere DEL is.
    const release = { keys: [names], token: "foreign", lockDelayMs: 0, keepMs: 0, quiet: true };
    for (const server of of.servers) await server.release(release);
    const before = clock.monotonic();
    while ((await stateOf(waiting)) === "pending") await clock.advance(10);
    expect(clock.monotonic() - before).toBeLessThan(1_150);
  });

  test("to a process that hears no notices is found by looking ever less often, four times a second in the end", async () => {
    const { of, clock, all } = await processes(size, 1);
    const lease = await all[0]?.locks.acquire("k");
    const lonely = deaf(of);
    await clock.advance(0);
    const waiting = lonely.locks.acquire("k");
    await clock.advance(1_000);
    const soon = sent(lonely, "grant") / size;
    await clock.advance(10_000);
    const later = sent(lonely, "grant") / size - soon;
    expect(soon).toBeGreaterThanOrEqual(8);
    expect(later).toBeGreaterThanOrEqual(38);
    expect(later).toBeLessThanOrEqual(82);
    expect(lonely.locks.stats().waiting).toBe(1);
    await lease?.release();
    await clock.advance(260);
    expect(await stateOf(waiting)).toBe("fulfilled");
    await (await waiting).release();
    await settle(clock);
    await expectNothingLeft(of.servers, [lonely.locks], ["k"]);
  });

  test("to a process that hears no notices is not kept for it, but goes to who hears", async () => {
    const { of, clock, all } = await processes(size, 2);
    const [holder, other] = all.map(({ locks }) => locks) as [LockManager, LockManager];
    const lease = await holder.acquire("k");
    const lonely = deaf(of, { retry: fixedDelay(400, 0) });
    await clock.advance(0);
    const first = lonely.locks.acquire("k");
    await clock.advance(10);
    const second = other.acquire("k");
    await clock.advance(210);
    await lease.release();
    await settle(clock);
    expect([await stateOf(first), await stateOf(second)]).toEqual(["pending", "fulfilled"]);
    await (await second).release();
    await clock.advance(400);
    expect(await stateOf(first)).toBe("fulfilled");
  });

  test("to a process whose own strategy says when is asked for just then, and when a notice comes", async () => {
    const { clock, all } = await processes(size, 2, { retry: fixedDelay(3_000, 0) });
    const [holder, own] = all;
    if (holder === undefined || own === undefined) throw new Error("no process");
    const lease = await holder.locks.acquire("k", { ttlMs: 60_000 });
    const waiting = own.locks.acquire("k");
    await clock.advance(9_500);
    expect(sent(own, "grant")).toBe(4 * size);
    await lease.release();
    await settle(clock);
    expect(await stateOf(waiting)).toBe("fulfilled");
  });
});

describe.each([1, 3])("over %i node(s), a notice", (size) => {
  test("that comes before the refusal that it answers is not forgotten", async () => {
    const { clock, all } = await processes(size, 2);
    const [holder, own] = all;
    if (holder === undefined || own === undefined) throw new Error("no process");
    // Listens already.
    const other = await holder.locks.acquire("other");
    const listening = own.locks.acquire("other");
    await settle(clock);
    await other.release();
    await settle(clock);
    await (await listening).release();
    const lease = await holder.locks.acquire("k");
    for (const { faults } of own.connections) faults.hold("replies", "grant");
    const waiting = own.locks.acquire("k");
    await clock.advance(5);
    await lease.release();
    await clock.advance(5);
    for (const { faults } of own.connections) faults.resume();
    await clock.advance(5);
    expect(await stateOf(waiting)).toBe("fulfilled");
  });

  test("for a lock that nobody here wants any more passes it on", async () => {
    const { of, clock, all } = await processes(size, 3);
    const [holder, own, next] = all;
    if (holder === undefined || own === undefined || next === undefined) throw new Error("no process");
    const lease = await holder.locks.acquire("k");
    const leaving = new AbortController();
    own.locks.acquire("k", { signal: leaving.signal }).catch(() => {});
    await clock.advance(10);
    const waiting = next.locks.acquire("k");
    await clock.advance(10);
    // It leaves, but the nodes do not hear of it.
    for (const { faults } of own.connections) faults.lose("requests", "withdraw");
    leaving.abort();
    await settle(clock);
    for (const { faults } of own.connections) faults.resume();
    await lease.release();
    await settle(clock);
    expect(await stateOf(waiting)).toBe("fulfilled");
    await (await waiting).release();
    await settle(clock);
    await expectNothingLeft(
      of.servers,
      all.map(({ locks }) => locks),
      ["k"],
    );
  });
});
