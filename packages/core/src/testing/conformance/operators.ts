import assert from "node:assert/strict";
import { abortOf, eventually, granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

export const operatorCases = casesOf("operators", {
  async "inspect says null of a lock that is free, or was released"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    assert.equal(await locks.inspect(key), null);
    await locks.withLock(key, () => {});
    assert.equal(await locks.inspect(key), null);
  },

  async "inspect says who holds a lock, for how long and on which nodes"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { ttlMs: 20_000 });
    const state = (await theirs.inspect(key)) ?? assert.fail("it is free");
    assert.equal(state.key, key);
    assert.equal(state.token, lease.token);
    assert.equal(state.fencingToken, lease.fencingToken);
    assert.ok(state.remainingMs > 0 && state.remainingMs <= 20_000, `${state.remainingMs} ms remain`);
    assert.equal(state.waiters, 0);
    const holding = state.nodes.filter(({ token }) => token === lease.token);
    assert.ok(holding.length > state.nodes.length / 2, "no quorum of nodes holds it");
    assert.equal(new Set(state.nodes.map(({ node }) => node)).size, state.nodes.length);
  },

  async "inspect and stats count the waiters of their own process"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    const waiting = [1, 2, 3].map(() => theirs.withLock(key, () => {}, { waitMs: 30_000 }));
    await eventually("three waiters", () => theirs.stats().waiting === 3);
    assert.equal((await theirs.inspect(key))?.waiters, 3);
    assert.equal((await ours.inspect(key))?.waiters, 0);
    await lease.release();
    await Promise.all(waiting);
    assert.equal(theirs.stats().waiting, 0);
  },

  async "list says what is held, whoever holds it, in the order of the keys"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const group = scenario.key("group");
    const [b, a, released] = [`${group}:b`, `${group}:a`, `${group}:released`];
    const lease = await ours.acquire(b, { ttlMs: 20_000 });
    await theirs.acquire(a);
    await (await ours.acquire(released)).release();
    const held = await theirs.list({ pattern: `${group}:*` });
    assert.deepEqual(
      held.map(({ key }) => key),
      [a, b],
    );
    const { nodes, remainingMs, ...state } = held[1] ?? assert.fail("it is missing");
    const { token, fencingToken } = lease;
    assert.deepEqual(state, { key: b, token, fencingToken, waiters: 0 });
    assert.ok(remainingMs > 0 && remainingMs <= 20_000, `${remainingMs} ms remain`);
    assert.ok(nodes.filter((node) => node.token === token).length > nodes.length / 2);
  },

  async "list takes a pattern and a limit, and each character but * and ? for itself"(scenario) {
    const locks = scenario.manager();
    const group = scenario.key("[group]");
    const keys = ["1", "2", "12", "[12]", "\\1"].map((end) => `${group}:${end}`);
    for (const key of keys) await locks.acquire(key);
    const listed = async (pattern: string, limit?: number): Promise<string[]> =>
      (await locks.list({ pattern: `${group}:${pattern}`, limit })).map(({ key }) =>
        key.slice(group.length + 1),
      );
    assert.deepEqual(await listed("*"), ["1", "12", "2", "[12]", "\\1"]);
    assert.deepEqual(await listed("?"), ["1", "2"]);
    assert.deepEqual(await listed("[12]"), ["[12]"]);
    assert.deepEqual(await listed("\\1"), ["\\1"]);
    assert.deepEqual(await listed("3*"), []);
    assert.equal((await listed("*", 2)).length, 2);
    await refusal("ERR_LOCK_INVALID_ARGUMENT", locks.list({ limit: 0 }));
    await refusal("ERR_LOCK_INVALID_ARGUMENT", locks.list({ pattern: "" }));
  },

  async "forceRelease breaks a lock whoever holds it, and says whether it was held"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    assert.equal(await theirs.forceRelease(key), false);
    const lease = await ours.acquire(key, { ttlMs: 1_000 });
    assert.equal(await theirs.forceRelease(key), true);
    await granted(theirs.tryAcquire(key));
    await abortOf(lease.signal);
    assert.equal(await lease.release(), false);
    assert.notEqual(await ours.inspect(key), null, "the old lease took the new one away");
  },

  async "forceRelease breaks several locks"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b] = scenario.keys("a", "b");
    await ours.acquire(a);
    assert.equal(await theirs.forceRelease([a, b]), true);
    await granted(theirs.tryAcquire([a, b]));
  },

  async "stats count what a manager has done and say what it holds"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const nothing = {
      held: 0,
      waiting: 0,
      overrun: 0,
      acquired: 0,
      contended: 0,
      waited: 0,
      waitedMs: 0,
      handedOver: 0,
      unavailable: 0,
      extended: 0,
      released: 0,
      lost: 0,
    };
    const { nodes: before, ...counts } = ours.stats();
    assert.deepEqual(counts, nothing);
    assert.ok(before.length >= 1);

    const lease = await ours.acquire(key);
    assert.equal(ours.stats().held, 1);
    await lease.release();
    const held = await theirs.acquire(key);
    assert.equal(await ours.tryAcquire(key), null);
    await held.release();
    const lost = await ours.acquire(key, { ttlMs: 400, autoExtend: false });
    await abortOf(lost.signal);

    const { nodes, ...after } = ours.stats();
    // A machine that is busy elsewhere may have kept an attempt from its nodes.
    assert.deepEqual(
      { ...after, unavailable: 0 },
      { ...nothing, acquired: 2, contended: 1, released: 1, lost: 1 },
    );
    assert.ok(nodes.filter(({ voting }) => voting).length > nodes.length / 2);
  },

  async "beyond maxWaiters waiting is refused at once with ERR_LOCK_OVERLOADED, trying is not"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager({ maxWaiters: 2 })];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    const waiting = [1, 2].map(() => theirs.withLock(key, () => {}, { waitMs: 30_000 }));
    await eventually("two waiters", () => theirs.stats().waiting === 2);
    const error = await refusal("ERR_LOCK_OVERLOADED", theirs.acquire(key, { waitMs: 30_000 }));
    assert.equal(error.key, key);
    assert.equal(await theirs.tryAcquire(key), null);
    await granted(theirs.tryAcquire(scenario.key("another")));
    await lease.release();
    await Promise.all(waiting);
  },
});
