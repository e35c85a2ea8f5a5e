import { LockError } from "../errors.js";
import type { Lease } from "../lease.js";
import { exchangeOf } from "./exchange.js";

/** The lease that `request` entered last and has not left; `undefined` without one. */
export function innermostLease(request: object): Lease | undefined {
  return exchangeOf(request)?.innermostLease;
}

/**
 * The same for a handler that can't do without.
 *
 * @throws LockError `ERR_LOCK_NOT_HOLDER`
 */
export function requireLease(request: object): Lease {
  const lease = innermostLease(request);
  if (lease !== undefined) return lease;
  throw new LockError(
    "ERR_LOCK_NOT_HOLDER",
    "the request has no lease: no locked() stands before this handler, or it let the request pass without a lock, or it is over",
  );
}
