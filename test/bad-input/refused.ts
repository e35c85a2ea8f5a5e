import { isLockError, type LockError, type LockErrorCode } from "@redlock-kit/core";
import { expect } from "vitest";

/**
 * The error of `code` with which `call` fails. A promise must reject: what is wrong with arguments must not be thrown
 * past the caller's `.catch`.
 */
export async function refused(call: () => Promise<unknown>, code: LockErrorCode): Promise<LockError> {
  let promise: Promise<unknown>;
  try {
    promise = call();
  } catch (error) {
    return expect.unreachable(`it threw in place of rejecting: ${String(error)}`);
  }
  return lockError(
    await promise.then(
      () => expect.unreachable(`it was accepted, not refused with ${code}`),
      (error: unknown) => error,
    ),
    code,
  );
}

/** The error of `code` that `call` throws. */
export function thrown(call: () => unknown, code: LockErrorCode): LockError {
  try {
    call();
  } catch (error) {
    return lockError(error, code);
  }
  return expect.unreachable(`it was accepted, not refused with ${code}`);
}

function lockError(error: unknown, code: LockErrorCode): LockError {
  if (!isLockError(error)) throw error;
  expect(error.code, error.message).toBe(code);
  // For a log line: an input, however long, is not repeated in it.
  expect(error.message.length).toBeLessThan(700);
  return error;
}
