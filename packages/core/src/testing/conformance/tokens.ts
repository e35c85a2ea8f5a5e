import assert from "node:assert/strict";
import { granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

export const tokenCases = casesOf("ownership tokens", {
  async "are fresh for every lease"(scenario) {
    const locks = scenario.manager();
    const tokens = new Set<string>();
    for (let i = 0; i < 20; i++) {
      await locks.withLock(scenario.key(), (lease) => void tokens.add(lease.token));
    }
    assert.equal(tokens.size, 20);
    for (const token of tokens) assert.ok(token.length >= 16, `${token} can be guessed`);
  },

  async "come from generateToken where it is given"(scenario) {
    const asked: string[] = [];
    const locks = scenario.manager({ generateToken: (key) => `${key}/${asked.push(key)}` });
    const key = scenario.key();
    const lease = await locks.acquire(key);
    assert.equal(asked[0], key);
    assert.equal(lease.token, `${key}/${asked.length}`);
    assert.equal((await locks.inspect(key))?.token, lease.token);
  },

  async "may be the caller's own"(scenario) {
    const locks = scenario.manager();
    const lease = await locks.acquire(scenario.key(), { token: "request-7" });
    assert.equal(lease.token, "request-7");
    assert.equal(await locks.release(scenario.key(), "request-7"), true);
  },

  async "given again to the manager that holds the lease give and extend that lease"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    const lease = await locks.acquire(key, { token: "mine", ttlMs: 2_000, autoExtend: false });
    const again = await locks.acquire(key, { token: "mine", ttlMs: 20_000 });
    assert.equal(again, lease);
    assert.ok(lease.remainingMs() > 2_000, "it was not extended");
    assert.equal(await locks.tryAcquire(key, { token: "mine" }), lease);
  },

  async "given again to another manager take the lease up, with its fencing token"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { token: "mine", ttlMs: 2_000, autoExtend: false });
    const again = await theirs.acquire(key, { token: "mine", ttlMs: 20_000, waitMs: 0 });
    assert.equal(again.token, "mine");
    assert.equal(again.fencingToken, lease.fencingToken);
    const state = await ours.inspect(key);
    assert.equal(state?.token, "mine");
    assert.ok(state.remainingMs > 2_000, "it was not extended");
  },

  async "of somebody else don't get a lock that is held, and change nothing about it"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { token: "mine" });
    assert.equal(await theirs.tryAcquire(key, { token: "yours" }), null);
    const release = await refusal("ERR_LOCK_NOT_HOLDER", theirs.release(key, "yours"));
    assert.equal(release.key, key);
    await refusal("ERR_LOCK_NOT_HOLDER", theirs.extend(key, "yours", 5_000));
    await refusal("ERR_LOCK_NOT_HOLDER", ours.release(key, "yours"));
    assert.equal((await theirs.inspect(key))?.token, "mine");
    assert.equal(lease.valid, true);
  },

  async "release a lease from another manager, once"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    assert.equal(await theirs.release(key, lease.token), true);
    assert.equal(await theirs.release(key, lease.token), false);
    assert.equal(await ours.release(key, lease.token), false);
    assert.equal(await theirs.inspect(key), null);
    assert.equal(await lease.release(), false);
  },

  async "release nothing that is free"(scenario) {
    assert.equal(await scenario.manager().release(scenario.key(), "whoever"), false);
  },

  async "that were released can't release the next holder's lease"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    await lease.release();
    const next = await granted(theirs.tryAcquire(key));
    await refusal("ERR_LOCK_NOT_HOLDER", ours.release(key, lease.token));
    assert.equal(await lease.release(), true, "asked again, a lease gives the same answer");
    assert.equal((await ours.inspect(key))?.token, next.token);
  },

  async "take a lease over to another manager, which can extend and release it"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { ttlMs: 2_000, autoExtend: false });
    const taken = await theirs.extend(key, lease.token, 20_000);
    assert.equal(taken.token, lease.token);
    assert.equal(taken.fencingToken, lease.fencingToken);
    assert.equal(taken.ttlMs, 20_000);
    assert.ok(taken.remainingMs() > 2_000);
    await taken.extend(30_000);
    assert.ok(taken.remainingMs() > 20_000);
    assert.equal(await taken.release(), true);
    assert.equal(await ours.inspect(key), null);
  },

  async "don't extend what is free"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    await refusal("ERR_LOCK_NOT_HOLDER", locks.extend(key, "whoever", 5_000));
    const lease = await locks.acquire(key);
    await lease.release();
    await refusal("ERR_LOCK_NOT_HOLDER", locks.extend(key, lease.token, 5_000));
    assert.equal(await locks.inspect(key), null);
  },
});

export const leaseCases = casesOf("a lease", {
  async "is extended from now on, stays the same object and is never shortened"(scenario) {
    const lease = await scenario.manager().acquire(scenario.key(), { ttlMs: 2_000, autoExtend: false });
    assert.equal(await lease.extend(20_000), lease);
    assert.equal(lease.ttlMs, 20_000);
    const remaining = lease.remainingMs();
    assert.ok(remaining > 2_000 && remaining < 20_000, `${remaining} ms remain`);
    await lease.extend(1_000);
    assert.ok(lease.remainingMs() > 2_000, "it was shortened");
  },

  async "is released once; asked again, it gives the same answer"(scenario) {
    const locks = scenario.manager();
    const lease = await locks.acquire(scenario.key());
    const [first, second] = await Promise.all([lease.release(), lease.release()]);
    assert.deepEqual([first, second, await lease.release()], [true, true, true]);
    assert.equal(lease.valid, false);
    assert.equal(lease.remainingMs(), 0);
    assert.equal(lease.signal.aborted, false, "a release is no loss");
    assert.equal(await locks.release(scenario.key(), lease.token), false);
  },

  async "that was released can't be extended"(scenario) {
    const locks = scenario.manager();
    const lease = await locks.acquire(scenario.key());
    await lease.release();
    await refusal("ERR_LOCK_LOST", lease.extend());
    assert.equal(await locks.inspect(scenario.key()), null);
  },

  async "released while it is being extended stays released"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    for (let i = 0; i < 10; i++) {
      const lease = await ours.acquire(key);
      const extending = lease.extend(30_000).catch(() => {});
      assert.equal(await lease.release(), true);
      await extending;
      await (await granted(theirs.acquire(key, { waitMs: 5_000 }))).release();
    }
  },
});
