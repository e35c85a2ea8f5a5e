import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { isLockError, type LockError, type LockErrorCode } from "../../errors.js";
import type { Lease } from "../../lease.js";

/** Longer than anything that a case waits for takes, on a machine that is busy with other things too. */
const PATIENCE_MS = 10_000;

/** The `LockError` of `code` with which `work` rejects. */
export async function refusal(code: LockErrorCode, work: Promise<unknown>): Promise<LockError> {
  const error = await work.then(
    (value) => assert.fail(`expected ${code}, but it resolved with ${inspect(value, { depth: 0 })}`),
    (reason: unknown) => reason,
  );
  if (!isLockError(error)) assert.fail(`expected ${code}, but it rejected with ${inspect(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** The lease that `work` gives, which must not be `null`. */
export async function granted(work: Promise<Lease | null>): Promise<Lease> {
  return (await work) ?? assert.fail("expected a lease, but somebody else holds the lock");
}

/** Waits until `condition` holds. */
export async function eventually(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const since = performance.now();
  while (!(await condition())) {
    assert.ok(performance.now() - since < PATIENCE_MS, `${what} did not happen within ${PATIENCE_MS} ms`);
    await sleep(10);
  }
}

/** The reason with which a signal aborts. */
export async function abortOf(signal: AbortSignal): Promise<unknown> {
  await eventually("the abort of a signal", () => signal.aborted);
  return signal.reason;
}
