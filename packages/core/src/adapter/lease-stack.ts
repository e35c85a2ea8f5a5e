import { LockError } from "../errors.js";
import type { Lease } from "../lease.js";

const leases = new WeakMap<object, Lease[]>();

/**
 * Makes `lease` the innermost one of `request`.
 *
 * @returns takes it away again, in whatever order several of them end
 */
export function enterLease(request: object, lease: Lease): () => void {
  const stack = leases.get(request) ?? [];
  leases.set(request, stack);
  stack.push(lease);
  return () => {
    const place = stack.indexOf(lease);
    if (place !== -1) stack.splice(place, 1);
  };
}

/** The lease that `request` entered last and has not left; `undefined` without one. */
export function innermostLease(request: object): Lease | undefined {
  return leases.get(request)?.at(-1);
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
