import type { IncomingMessage } from "node:http";
import type { Lease } from "../lease.js";

const leases = new WeakMap<IncomingMessage, Lease[]>();

/**
 * Makes `lease` the innermost one of `request`.
 *
 * @returns takes it away again, in whatever order several of them end
 */
export function enterLease(request: IncomingMessage, lease: Lease): () => void {
  const stack = leases.get(request) ?? [];
  leases.set(request, stack);
  stack.push(lease);
  return () => {
    const place = stack.indexOf(lease);
    if (place !== -1) stack.splice(place, 1);
  };
}

/** The lease that `request` entered last and has not left; `undefined` without one. */
export function innermostLease(request: IncomingMessage): Lease | undefined {
  return leases.get(request)?.at(-1);
}
