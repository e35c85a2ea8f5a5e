import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { LockManager } from "../../lock-manager.js";
import { granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

const MANAGERS = 5;
const CONTENDERS = 50;

export const exclusionCases = casesOf("exclusion", {
  async "what one manager holds is held for all others until it is released"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    assert.equal(await theirs.tryAcquire(key), null);
    assert.equal(await lease.release(), true);
    await granted(theirs.tryAcquire(key));
  },

  async "a second lease of the same manager is refused as well"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    await locks.acquire(key);
    assert.equal(await locks.tryAcquire(key), null);
  },

  async "different keys don't exclude each other"(scenario) {
    const locks = scenario.manager();
    const leases = await Promise.all(["a", "b", "c"].map((name) => locks.tryAcquire(scenario.key(name))));
    assert.ok(leases.every((lease) => lease?.valid));
  },

  async "a lease says what was asked for"(scenario) {
    const key = scenario.key();
    const lease = await scenario.manager().acquire(key, { ttlMs: 5_000, owner: "billing" });
    assert.equal(lease.key, key);
    assert.deepEqual(lease.keys, [key]);
    assert.equal(lease.ttlMs, 5_000);
    assert.equal(lease.owner, "billing");
    assert.equal(lease.valid, true);
    assert.equal(lease.signal.aborted, false);
    const remaining = lease.remainingMs();
    assert.ok(remaining > 0 && remaining < 5_000, `${remaining} of 5000 ms remain`);
  },

  async "acquire waits and gets the lock when it is released"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    let got = false;
    const waiting = theirs.acquire(key, { waitMs: 10_000 }).finally(() => (got = true));
    await theirs.inspect(key);
    assert.equal(got, false);
    await lease.release();
    assert.equal((await waiting).valid, true);
  },

  async "with waitMs 0 a held lock is refused after one attempt, and the error says by whom and for how long"(
    scenario,
  ) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    await ours.acquire(key, { ttlMs: 5_000 });
    const error = await refusal("ERR_LOCK_HELD", theirs.acquire(key, { waitMs: 0 }));
    assert.equal(error.key, key);
    assert.deepEqual(error.keys, [key]);
    assert.ok(error.votes.some(({ outcome }) => outcome === "held"));
    const retryAfterMs = error.retryAfterMs ?? assert.fail("there is no retryAfterMs");
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 5_000, `retryAfterMs is ${retryAfterMs}`);
  },

  async "a wait that is over is refused with ERR_LOCK_HELD"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    await ours.acquire(key);
    const since = performance.now();
    await refusal("ERR_LOCK_HELD", theirs.acquire(key, { waitMs: 200 }));
    assert.ok(performance.now() - since >= 190, "it gave up before its time");
  },

  async "of many attempts at the same moment at most one succeeds"(scenario) {
    const key = scenario.key();
    const managers = Array.from({ length: 8 }, () => scenario.manager());
    const leases = await Promise.all(managers.map((locks) => locks.tryAcquire(key)));
    assert.ok(leases.filter((lease) => lease !== null).length <= 1);
  },

  async "fifty contenders in five managers all get their turn, one at a time"(scenario) {
    const key = scenario.key();
    const managers = Array.from({ length: MANAGERS }, () => scenario.manager());
    const tokens: number[] = [];
    let counter = 0;
    let inside = 0;
    const contend = (locks: LockManager): Promise<void> =>
      locks.withLock(
        key,
        async (lease) => {
          assert.equal(++inside, 1, "somebody else is inside");
          tokens.push(lease.fencingToken);
          const read = counter;
          await turn();
          counter = read + 1;
          inside--;
        },
        { waitMs: 60_000 },
      );
    const turns = Array.from({ length: CONTENDERS / MANAGERS }, () => managers.map(contend));
    await Promise.all(turns.flat());
    assert.equal(counter, CONTENDERS);
    assert.deepEqual(
      tokens,
      [...tokens].sort((a, b) => a - b),
    );
    assert.equal(new Set(tokens).size, CONTENDERS);
  },
});
