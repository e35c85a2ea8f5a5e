import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { isLockError } from "../../errors.js";
import { granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

export const nestingCases = casesOf("nesting", {
  async "asking for a key that the same code holds is refused at once, in place of waiting for oneself"(
    scenario,
  ) {
    const locks = scenario.manager();
    const key = scenario.key();
    await locks.withLock(key, async () => {
      await refusal("ERR_LOCK_NESTED", locks.acquire(key, { waitMs: Infinity }));
      await refusal("ERR_LOCK_NESTED", locks.tryAcquire(key));
      await refusal(
        "ERR_LOCK_NESTED",
        locks.withLock(key, () => assert.fail("the work ran")),
      );
      await locks.withLock(scenario.key("another"), () => {});
    });
  },

  async 'nested: "reenter" goes on under the same lease, which its outermost holder releases'(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    await ours.withLock(key, async (outer) => {
      const result = await ours.withLock(
        key,
        async (inner) => {
          assert.equal(inner.token, outer.token);
          assert.equal(inner.fencingToken, outer.fencingToken);
          await inner.release();
          return "inner";
        },
        { nested: "reenter" },
      );
      assert.equal(result, "inner");
      assert.equal(outer.valid, true);
      assert.equal(await theirs.tryAcquire(key), null);
    });
    await granted(theirs.tryAcquire(key));
  },

  async 'nested: "reenter" must cover all keys'(scenario) {
    const locks = scenario.manager();
    const [a, b] = scenario.keys("a", "b");
    await locks.withLock([a, b], () => locks.withLock(b, () => {}, { nested: "reenter" }));
    await locks.withLock(a, async () => {
      await refusal("ERR_LOCK_NESTED", locks.acquire([a, b], { nested: "reenter" }));
    });
  },

  async 'nested: "wait" waits like a stranger'(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    await locks.withLock(key, async (lease) => {
      await refusal("ERR_LOCK_HELD", locks.acquire(key, { nested: "wait", waitMs: 0 }));
      assert.equal(await locks.tryAcquire(key, { nested: "wait" }), null);
      assert.equal(lease.valid, true);
    });
  },

  async "currentLease is the innermost lease of the running code, or the one of a key"(scenario) {
    const locks = scenario.manager();
    const [outerKey, innerKey] = [scenario.key("outer"), scenario.key("inner")];
    assert.equal(locks.currentLease(), undefined);
    await locks.withLock(outerKey, async (outer) => {
      await turn();
      assert.equal(locks.currentLease(), outer);
      await locks.withLock(innerKey, async (inner) => {
        await turn();
        assert.equal(locks.currentLease(), inner);
        assert.equal(locks.currentLease(outerKey), outer);
        assert.equal(locks.currentLease(scenario.key("neither")), undefined);
        assert.equal(locks.assertLocked(outerKey), outer);
      });
      assert.equal(locks.currentLease(innerKey), undefined);
    });
    assert.equal(locks.currentLease(), undefined);
  },

  async "assertLocked refuses code that runs without the lock, or after its loss"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    const thrown = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error;
      }
    };
    await locks.acquire(key);
    assert.ok(
      isLockError(
        thrown(() => locks.assertLocked(key)),
        "ERR_LOCK_NOT_HOLDER",
      ),
    );
    const [lost] = scenario.keys("lost");
    const outcome = locks.withLock(lost, async (lease) => {
      await scenario.manager().forceRelease(lost);
      await lease.extend().catch(() => {});
      assert.ok(
        isLockError(
          thrown(() => locks.assertLocked(lost)),
          "ERR_LOCK_LOST",
        ),
      );
    });
    await refusal("ERR_LOCK_LOST", outcome);
  },

  async "calls side by side are not nested in each other: they take turns"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    let inside = 0;
    const call = (): Promise<void> =>
      locks.withLock(
        key,
        async () => {
          assert.equal(++inside, 1);
          await turn();
          inside--;
        },
        { waitMs: 30_000 },
      );
    await locks.withLock(scenario.key("outer"), () => Promise.all([call(), call(), call()]));
  },

  async "what was started inside and outlives the lock is not inside any more"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    let outlived: Promise<void> | undefined;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    await locks.withLock(key, () => {
      outlived = ended.then(() => locks.withLock(key, () => {}));
    });
    end();
    await outlived;
  },
});
