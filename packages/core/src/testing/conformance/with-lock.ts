import assert from "node:assert/strict";
import { abortOf, granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

/** Short, so that the next extension finds out soon that a lease was taken away. */
const TTL_MS = 600;

export const withLockCases = casesOf("withLock", {
  async "gives what the work gives, runs it under the lock and releases"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const result = await ours.withLock(key, async (lease) => {
      assert.equal(lease.valid, true);
      assert.equal(await theirs.tryAcquire(key), null);
      return { answer: 42 };
    });
    assert.deepEqual(result, { answer: 42 });
    await granted(theirs.tryAcquire(key));
  },

  async "takes work that is not async"(scenario) {
    assert.equal(await scenario.manager().withLock(scenario.key(), () => "done"), "done");
  },

  async "an error of the work arrives unchanged, and the lock is free"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    for (const thrown of [new TypeError("asynchronous"), "a string", undefined]) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- work may reject with anything
      const work = (): Promise<never> => Promise.reject(thrown);
      const error = await locks.withLock(key, work).then(
        () => assert.fail("it resolved"),
        (reason: unknown) => reason,
      );
      assert.equal(error, thrown);
    }
    await granted(locks.tryAcquire(key));
  },

  async "what the work throws synchronously arrives unchanged, and the lock is free"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    const thrown = new RangeError("synchronous");
    const work = (): never => {
      throw thrown;
    };
    assert.equal(await locks.withLock(key, work).catch((error: unknown) => error), thrown);
    await granted(locks.tryAcquire(key));
  },

  async "the work may release its lease itself"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const result = await ours.withLock(key, async (lease) => {
      assert.equal(await lease.release(), true);
      await granted(theirs.tryAcquire(key));
      return "early";
    });
    assert.equal(result, "early");
    assert.equal(await ours.tryAcquire(key), null);
  },

  async "work that succeeds after its lease was lost rejects with ERR_LOCK_LOST, and its result is there"(
    scenario,
  ) {
    const [ours, theirs] = [scenario.manager({ ttlMs: TTL_MS }), scenario.manager()];
    const key = scenario.key();
    const outcome = ours.withLock(key, async (lease) => {
      await theirs.forceRelease(key);
      await abortOf(lease.signal);
      return "too late";
    });
    const error = await refusal("ERR_LOCK_LOST", outcome);
    assert.equal(error.result, "too late");
    assert.equal(error.key, key);
  },

  async 'with onLost "ignore" the result of such work is returned'(scenario) {
    const [ours, theirs] = [scenario.manager({ ttlMs: TTL_MS }), scenario.manager()];
    const key = scenario.key();
    const work = async (lease: { readonly signal: AbortSignal }): Promise<string> => {
      await theirs.forceRelease(key);
      await abortOf(lease.signal);
      return "too late";
    };
    assert.equal(await ours.withLock(key, work, { onLost: "ignore" }), "too late");
  },

  async "an error of the work wins over the loss of its lease"(scenario) {
    const [ours, theirs] = [scenario.manager({ ttlMs: TTL_MS }), scenario.manager()];
    const key = scenario.key();
    const thrown = new Error("the work's own");
    const outcome = ours.withLock(key, async (lease) => {
      await theirs.forceRelease(key);
      await abortOf(lease.signal);
      throw thrown;
    });
    assert.equal(await outcome.catch((error: unknown) => error), thrown);
  },

  async "a lock that is refused never runs the work"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    await ours.acquire(key);
    const work = (): never => assert.fail("the work ran without the lock");
    await refusal("ERR_LOCK_HELD", theirs.withLock(key, work, { waitMs: 0 }));
  },

  async "a lease in an `await using` is released at the end of its block"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    {
      await using lease = await locks.acquire(key);
      assert.equal(lease.valid, true);
    }
    await granted(locks.tryAcquire(key));
  },
});
