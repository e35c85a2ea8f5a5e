import type { Claim } from "./quorum/claim.js";
import type { Instant } from "./quorum/validity.js";

/** How a lease was granted. */
export interface LeaseGrant {
  readonly claim: Claim;
  readonly fencingToken: number;
  /** Monotonic time. */
  readonly acquiredAt: number;
  readonly end: Instant;
  readonly ttlMs: number;
  readonly owner: string | undefined;
  readonly autoExtend: boolean;
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
}

/** The name of a lease under a token of the caller's own, which can hold several locks; no key has a null character. */
export function idOfAdopted(keys: readonly string[], token: string): string {
  return `${keys.join("\0")}\0${token}`;
}
