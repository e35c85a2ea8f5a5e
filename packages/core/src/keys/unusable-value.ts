import { invalidArgument, type LockError } from "../errors.js";

const unusableValues = new WeakSet<object>();

/**
 * An `ERR_LOCK_INVALID_ARGUMENT` for a value from which no key can be built.
 *
 * @param argument where the value came from, such as `{params.showId}`
 * @param problem what is wrong with it, as the rest of a sentence. Never the value itself: it may be secret or
 * huge, and the message is shown to clients
 */
export function unusableValue(argument: string, problem: string): LockError {
  const error = invalidArgument(argument, problem);
  unusableValues.add(error);
  return error;
}

/**
 * Whether `error` was made by {@link unusableValue}: the fault is in the caller's values, not in the program, and
 * the message holds neither a value nor a key.
 */
export function isUnusableValue(error: unknown): error is LockError {
  return typeof error === "object" && error !== null && unusableValues.has(error);
}
