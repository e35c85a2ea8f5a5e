import assert from "node:assert/strict";
import { eventually, granted, refusal } from "./expectations.js";
import { casesOf } from "./scenario.js";

export const endingCases = casesOf("endings", {
  async "a signal ends a wait with ERR_LOCK_ABORTED, its reason as cause"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    const leaving = new AbortController();
    const waiting = refusal(
      "ERR_LOCK_ABORTED",
      theirs.acquire(key, { signal: leaving.signal, waitMs: 30_000 }),
    );
    await eventually("the wait", () => theirs.stats().waiting === 1);
    const reason = new Error("the client has left");
    leaving.abort(reason);
    const error = await waiting;
    assert.equal(error.cause, reason);
    assert.equal(error.key, key);
    assert.equal(theirs.stats().waiting, 0);
    await lease.release();
    await granted(ours.tryAcquire(key));
  },

  async "a signal that is aborted already refuses everything, and takes nothing"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    const signal = AbortSignal.abort("too late");
    assert.equal((await refusal("ERR_LOCK_ABORTED", locks.acquire(key, { signal }))).cause, "too late");
    await refusal("ERR_LOCK_ABORTED", locks.tryAcquire(key, { signal }));
    const work = (): never => assert.fail("the work ran");
    await refusal("ERR_LOCK_ABORTED", locks.withLock(key, work, { signal }));
    assert.equal(await locks.inspect(key), null);
  },

  async "a signal says nothing to a lease that is granted"(scenario) {
    const locks = scenario.manager();
    const leaving = new AbortController();
    const lease = await locks.acquire(scenario.key(), { signal: leaving.signal });
    leaving.abort();
    assert.equal(lease.valid, true);
    assert.equal(lease.signal.aborted, false);
    assert.equal(await lease.release(), true);
  },

  async "close releases what is held, tells its holders, and leaves other managers alone"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [key, other] = [scenario.key(), scenario.key("other")];
    const lease = await ours.acquire(key);
    const untouched = await theirs.acquire(other);
    await ours.close();
    assert.equal(lease.valid, false);
    assert.equal(lease.signal.aborted, true);
    assert.equal(await lease.release(), false);
    assert.equal(await theirs.inspect(key), null);
    await granted(theirs.tryAcquire(key));
    assert.equal(untouched.valid, true);
    assert.equal((await theirs.inspect(other))?.token, untouched.token);
  },

  async "close refuses waiters and everything that comes later with ERR_LOCK_CLOSED"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key);
    const waiting = refusal("ERR_LOCK_CLOSED", theirs.acquire(key, { waitMs: 30_000 }));
    await eventually("the wait", () => theirs.stats().waiting === 1);
    const closing = theirs.close();
    await refusal("ERR_LOCK_CLOSED", theirs.acquire(scenario.key("free")));
    await waiting;
    await closing;
    await theirs.close();
    await theirs[Symbol.asyncDispose]();
    await refusal("ERR_LOCK_CLOSED", theirs.acquire(key));
    await refusal("ERR_LOCK_CLOSED", theirs.tryAcquire(key));
    await refusal(
      "ERR_LOCK_CLOSED",
      theirs.withLock(key, () => assert.fail("the work ran")),
    );
    await refusal("ERR_LOCK_CLOSED", theirs.release(key, lease.token));
    await refusal("ERR_LOCK_CLOSED", theirs.extend(key, lease.token, 5_000));
    await refusal("ERR_LOCK_CLOSED", theirs.inspect(key));
    await refusal("ERR_LOCK_CLOSED", theirs.forceRelease(key));
    assert.equal(lease.valid, true);
    assert.equal(await ours.inspect(scenario.key("free")), null);
  },

  async "close lets work that runs under a lock end first"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    let finish = (): void => {};
    const started = new Promise<void>((running) => {
      const finished = new Promise<void>((resolve) => (finish = resolve));
      void ours
        .withLock(key, async () => {
          running();
          await finished;
          order.push("the work has ended");
        })
        .catch(() => order.push("the work has failed"));
    });
    const order: string[] = [];
    await started;
    const closing = ours.close().then(() => order.push("closed"));
    assert.equal(await theirs.tryAcquire(key), null);
    finish();
    await closing;
    assert.deepEqual(order, ["the work has ended", "closed"]);
    await granted(theirs.tryAcquire(key));
  },

  async "close takes the lock of work that goes on for longer than graceMs"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let running = false;
    const outcome = refusal(
      "ERR_LOCK_LOST",
      ours.withLock(key, async (lease) => {
        running = true;
        await finished;
        return lease.valid;
      }),
    );
    await eventually("the work", () => running);
    await ours.close({ graceMs: 50 });
    await granted(theirs.tryAcquire(key));
    finish();
    assert.equal((await outcome).result, false);
  },

  async "a manager in an `await using` is closed at the end of its block"(scenario) {
    const key = scenario.key();
    let locks;
    {
      await using closing = scenario.manager();
      locks = closing;
      await closing.acquire(key);
    }
    await refusal("ERR_LOCK_CLOSED", locks.acquire(key));
    assert.equal(await scenario.manager().inspect(key), null);
  },
});
