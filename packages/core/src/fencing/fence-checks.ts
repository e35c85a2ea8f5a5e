import { invalidArgument, LockError, quoteKeys } from "../errors.js";
import { hashTagOf, requireKey } from "../keys/lock-key.js";
import { requireWholeDuration, show } from "../option-checks.js";

/** For how long guards remember a token after the last call for its resource, unless told otherwise: a day. */
const DEFAULT_TTL_MS = 24 * 3_600_000;

/**
 * The name of a resource. Every guard takes the same ones: a `}` outside a hash tag could not be given a record in the
 * resource's own Redis Cluster slot.
 */
export function requireResource(argument: string, resource: unknown): string {
  const name = requireKey(argument, resource);
  if (hashTagOf(name) === name && name.includes("}")) {
    throw invalidArgument(argument, `must not have a "}" outside a Redis hash tag, not ${show(name)}`);
  }
  return name;
}

/** A number that can be the fencing token of a lease. */
export function requireFencingToken(fencingToken: unknown): number {
  if (!Number.isSafeInteger(fencingToken) || (fencingToken as number) < 1) {
    throw invalidArgument(
      "fencingToken",
      `must be a lease's fencingToken, a positive safe integer, not ${show(fencingToken)}`,
    );
  }
  return fencingToken as number;
}

/** A lifetime that Redis can set. */
export function requireLifetime(ttlMs: number): number {
  if (requireWholeDuration("ttlMs", ttlMs) === 0) throw invalidArgument("ttlMs", "must be above 0");
  return ttlMs;
}

/** For how long a guard remembers. */
export function resolveMemory(ttlMs: number | undefined): number {
  return requireLifetime(ttlMs ?? DEFAULT_TTL_MS);
}

/** Throws if `newest`, the newest token that was seen for `resource`, is not the caller's. */
export function requireFresh(resource: string, fencingToken: number, newest: number): void {
  if (newest === fencingToken) return;
  throw new LockError(
    "ERR_LOCK_LOST",
    `Fencing token ${fencingToken} of ${quoteKeys([resource])} is stale: ${newest}, of a newer lease, has been seen`,
    { keys: [resource] },
  );
}
