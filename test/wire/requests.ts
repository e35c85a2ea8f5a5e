import type { ExtendRequest, GrantRequest, ReleaseRequest } from "../../packages/core/src/node/lock-node.js";
import { lockKeyOf } from "../../packages/core/src/keys/lock-key.js";
import { FENCE_EPOCH_MS, FENCE_STEP } from "../../packages/core/src/quorum/fencing.js";

const keysOf = (names: string | readonly string[]) => [names].flat().map((name) => lockKeyOf("lock:", name));

let proposals = 0;

/** Requests as the quorum makes them; whatever a test does not care about is usual. */
export function grantOf(
  names: string | readonly string[],
  token: string,
  more: Partial<GrantRequest> = {},
): GrantRequest {
  const proposal = (Date.now() - FENCE_EPOCH_MS) * FENCE_STEP + ++proposals;
  const usual = { ttlMs: 60_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, maxSkewMs: 60_000 };
  return { ...usual, keys: keysOf(names), token, proposal, ...more };
}

export function extensionOf(names: string | readonly string[], token: string): ExtendRequest {
  const usual = { ttlMs: 60_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, fence: 0, repair: false };
  return { ...usual, keys: keysOf(names), token };
}

export function releaseOf(
  names: string | readonly string[],
  token: string,
  more: Partial<ReleaseRequest> = {},
): ReleaseRequest {
  return { keys: keysOf(names), token, lockDelayMs: 0, keepMs: 0, ...more };
}
