import type { IncomingMessage } from "node:http";
import type { Lease } from "@redlock-kit/core";
import { requireLease } from "@redlock-kit/core/adapter";

/**
 * The lease of the innermost `locked()` of a request, which is also `res.locals.lease`. Its `signal` aborts when the
 * lease is lost (`ERR_LOCK_LOST`) or the client has left (`ERR_LOCK_ABORTED`), never after a normal end.
 *
 * @throws LockError `ERR_LOCK_NOT_HOLDER` without one: no `locked()`, or it was skipped or passed, or has ended
 */
export function leaseOf(req: IncomingMessage): Lease {
  return requireLease(req);
}
