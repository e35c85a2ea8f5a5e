import assert from "node:assert/strict";
import { granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

export const severalKeysCases = casesOf("several keys", {
  async "are one lease, under one token, released together"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b, c] = scenario.keys("a", "b", "c");
    const lease = await ours.acquire([a, b, c]);
    for (const key of [a, b, c]) {
      assert.equal((await theirs.inspect(key))?.token, lease.token);
      assert.equal(await theirs.tryAcquire(key), null);
    }
    assert.equal(await lease.release(), true);
    for (const key of [a, b, c]) await granted(theirs.tryAcquire(key));
  },

  async "are in canonical order, whatever order they were given in"(scenario) {
    const locks = scenario.manager();
    const [a, b, c, upper] = scenario.keys("a", "b", "c", "B");
    const lease = await locks.acquire([c, a, upper, b]);
    assert.deepEqual(lease.keys, [upper, a, b, c]);
    assert.equal(lease.key, upper);
  },

  async "given twice are folded"(scenario) {
    const locks = scenario.manager();
    const [a, b] = scenario.keys("a", "b");
    const lease = await locks.acquire([b, a, b, a]);
    assert.deepEqual(lease.keys, [a, b]);
    assert.equal(await lease.release(), true);
  },

  async "of which one is held are refused, and none of the others is kept"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b, c] = scenario.keys("a", "b", "c");
    await ours.acquire(b);
    assert.equal(await theirs.tryAcquire([a, b, c]), null);
    const error = await refusal("ERR_LOCK_HELD", theirs.acquire([c, b, a], { waitMs: 0 }));
    assert.deepEqual(error.keys, [a, b, c]);
    for (const key of [a, c]) assert.equal(await ours.inspect(key), null);
    await Promise.all([granted(ours.tryAcquire(a)), granted(ours.tryAcquire(c))]);
  },

  async "that overlap in part exclude each other"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b, c] = scenario.keys("a", "b", "c");
    const lease = await ours.acquire([a, b]);
    assert.equal(await theirs.tryAcquire([b, c]), null);
    await lease.release();
    await granted(theirs.tryAcquire([b, c]));
  },

  async "asked for crosswise never block each other for good"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b] = scenario.keys("a", "b");
    let inside = 0;
    const work = (): void => {
      assert.equal(++inside, 1);
      inside--;
    };
    const rounds = async (locks: typeof ours, keys: readonly string[]): Promise<void> => {
      for (let round = 0; round < 5; round++) await locks.withLock(keys, work, { waitMs: 30_000 });
    };
    await Promise.all([rounds(ours, [a, b]), rounds(theirs, [b, a])]);
  },

  async "are released and extended by their token in any order, from another manager too"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b] = scenario.keys("a", "b");
    const lease = await ours.acquire([a, b], { autoExtend: false });
    const taken = await theirs.extend([b, a], lease.token, 20_000);
    assert.deepEqual(taken.keys, [a, b]);
    assert.equal(taken.fencingToken, lease.fencingToken);
    assert.equal(await theirs.release([b, a, b], lease.token), true);
    for (const key of [a, b]) assert.equal(await ours.inspect(key), null);
  },

  async "of which one was taken away can't be extended"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b] = scenario.keys("a", "b");
    const lease = await ours.acquire([a, b], { autoExtend: false });
    assert.equal(await theirs.forceRelease(b), true);
    await refusal("ERR_LOCK_LOST", lease.extend());
    assert.equal(lease.valid, false);
  },
});
