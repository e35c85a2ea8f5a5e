import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isLockError } from "../../errors.js";
import { abortOf, eventually, granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

const SHORT_MS = 500;
/** A third of it must be longer than any pause of a busy machine, or the lease is lost indeed. */
const EXTENDED_MS = 2_000;

export const timeCases = casesOf("time", {
  async "automatic extension keeps a lease beyond its ttl, and ends with its release"(scenario) {
    const [ours, theirs] = [scenario.manager({ ttlMs: EXTENDED_MS }), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    for (let i = 0; i < 6; i++) {
      await sleep(EXTENDED_MS / 3);
      assert.equal(await theirs.tryAcquire(key), null);
    }
    assert.equal(lease.valid, true);
    assert.equal(lease.signal.aborted, false);
    assert.ok(ours.stats().extended >= 2);
    assert.equal(await lease.release(), true);
    const next = await granted(theirs.tryAcquire(key, { autoExtend: false, ttlMs: 5_000 }));
    await sleep(EXTENDED_MS / 2);
    assert.equal((await ours.inspect(key))?.token, next.token);
  },

  async "a lease that is not extended expires, and the lock goes to whoever waits for it"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { ttlMs: SHORT_MS, autoExtend: false });
    const next = await theirs.acquire(key, { waitMs: 10_000 });
    assert.equal(lease.valid, false, "two leases are valid at once");
    assert.equal(lease.remainingMs(), 0);
    assert.equal(next.valid, true);
  },

  async "a lease that has expired is lost: its signal aborts, it can't be extended, and its release is a no-op"(
    scenario,
  ) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { ttlMs: SHORT_MS, autoExtend: false });
    const next = await theirs.acquire(key, { waitMs: 10_000 });
    assert.ok(isLockError(await abortOf(lease.signal), "ERR_LOCK_LOST"));
    await refusal("ERR_LOCK_LOST", lease.extend());
    await refusal("ERR_LOCK_NOT_HOLDER", ours.extend(key, lease.token, 5_000));
    assert.equal(await lease.release(), false);
    assert.equal((await ours.inspect(key))?.token, next.token);
  },

  async "the release of a lease that has expired unnoticed says false"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { ttlMs: SHORT_MS, autoExtend: false });
    await eventually("the end of the lease on the nodes", async () => (await theirs.inspect(key)) === null);
    assert.equal(await theirs.release(key, lease.token), false);
    assert.equal(await lease.release(), false);
    await refusal("ERR_LOCK_NOT_HOLDER", theirs.extend(key, lease.token, 5_000));
  },

  async "the signal of a lease aborts no earlier than its validity ends, and before the nodes let go"(
    scenario,
  ) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { ttlMs: 1_000, autoExtend: false });
    const since = performance.now();
    const validity = lease.remainingMs();
    const reason = await abortOf(lease.signal);
    assert.ok(performance.now() - since >= validity - 5, "it aborted while the lease could be proven");
    assert.ok(isLockError(reason, "ERR_LOCK_LOST"));
    assert.equal(reason.key, key);
    await granted(theirs.acquire(key, { waitMs: 10_000 }));
  },

  async "automatic extension ends with maxHoldMs"(scenario) {
    const [ours, theirs] = [scenario.manager({ ttlMs: SHORT_MS }), scenario.manager()];
    const key = scenario.key();
    const since = performance.now();
    const lease = await ours.acquire(key, { maxHoldMs: 900 });
    assert.ok(isLockError(await abortOf(lease.signal), "ERR_LOCK_LOST"));
    assert.ok(performance.now() - since > SHORT_MS, "it was not extended at all");
    await granted(theirs.acquire(key, { waitMs: 10_000 }));
  },

  async "minHoldMs keeps the lock from everybody for the remainder after an early release"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const since = performance.now();
    const lease = await ours.acquire(key, { minHoldMs: 800 });
    assert.equal(await lease.release(), true);
    assert.equal(await theirs.tryAcquire(key), null);
    assert.equal(await ours.tryAcquire(key), null);
    await granted(theirs.acquire(key, { waitMs: 10_000 }));
    assert.ok(performance.now() - since >= 790, "somebody got it before its time");
  },

  async "minHoldMs is no delay for a release that comes later"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { minHoldMs: 1 });
    await sleep(20);
    await lease.release();
    await granted(theirs.tryAcquire(key));
  },

  async "a lease that was taken away is lost with the next extension: its signal tells"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    // With a longer ttl it would take longer; with no extension it would be told at the end of the ttl only.
    const lease = await ours.acquire(key, { ttlMs: 1_500 });
    const since = performance.now();
    await theirs.forceRelease(key);
    const reason = await abortOf(lease.signal);
    assert.ok(performance.now() - since < 1_450, "it was told at the end of the ttl only");
    assert.ok(isLockError(reason, "ERR_LOCK_LOST"));
    assert.equal(lease.valid, false);
    assert.equal(await lease.release(), false);
  },
});
