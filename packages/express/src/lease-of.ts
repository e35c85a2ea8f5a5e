import type { IncomingMessage } from "node:http";
import { type Lease, LockError } from "@redlock-kit/core";
import { innermostLease } from "@redlock-kit/core/adapter";

/**
 * The lease of the innermost `locked()` of a request, which is also `res.locals.lease`. Its `signal` aborts when the
 * lease is lost (`ERR_LOCK_LOST`) or the client has left (`ERR_LOCK_ABORTED`), never after a normal end.
 *
 * @throws LockError `ERR_LOCK_NOT_HOLDER` without one: no `locked()`, or it was skipped or passed, or has ended
 */
export function leaseOf(req: IncomingMessage): Lease {
  const lease = innermostLease(req);
  if (lease !== undefined) return lease;
  throw new LockError(
    "ERR_LOCK_NOT_HOLDER",
    "the request has no lease: no locked() stands before this handler, or it let the request pass without a lock, or it is over",
  );
}
