import { describeVotes, LockError, type NodeVote, quoteKeys } from "../errors.js";

/** An attempt that did not get the lock. */
export type Refusal =
  | {
      readonly kind: "held";
      readonly votes: readonly NodeVote[];
      /** When the lock is free at the latest, if nobody extends it. */
      readonly freeInMs: number;
      /** Nobody is known to hold it: contenders took votes from each other. */
      readonly split?: boolean;
    }
  | { readonly kind: "unavailable"; readonly votes: readonly NodeVote[] };

/** `ERR_LOCK_HELD` or `ERR_LOCK_UNAVAILABLE`, for whoever is refused for good. */
export function refusedError(
  keys: readonly string[],
  refusal: Refusal,
  attempts: number,
  waitedMs: number,
): LockError {
  const { votes } = refusal;
  const tries = attempts === 0 ? "in the queue" : `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
  const tried =
    attempts === 0
      ? `after ${Math.round(waitedMs)} ms ${tries}`
      : `after ${tries} in ${Math.round(waitedMs)} ms`;
  const said = votes.length === 0 ? "by a lease of this process" : describeVotes(votes);
  if (refusal.kind === "held") {
    const { freeInMs } = refusal;
    const free = Number.isFinite(freeInMs)
      ? `free in ${Math.ceil(freeInMs)} ms at the latest if it is not extended`
      : "without a TTL, so it stays until somebody deletes it";
    return new LockError(
      "ERR_LOCK_HELD",
      `Lock ${quoteKeys(keys)} is held by somebody else ${tried}; ${free} (${said}).`,
      { keys, votes, retryAfterMs: retryAfterMs(refusal) },
    );
  }
  return new LockError(
    "ERR_LOCK_UNAVAILABLE",
    `Lock ${quoteKeys(keys)} can't be granted: no quorum of nodes could be reached ${tried} (${said}). ` +
      "Nobody is known to hold it; check the nodes.",
    { keys, votes },
  );
}

/** `ERR_LOCK_OVERLOADED`. */
export function overloadedError(
  keys: readonly string[],
  full: string,
  maxWaiters: number,
  refusal: Refusal | undefined,
): LockError {
  return new LockError(
    "ERR_LOCK_OVERLOADED",
    `Lock ${quoteKeys([full])} already has ${maxWaiters} waiters in this process, as many as maxWaiters allows. Try later.`,
    { keys, retryAfterMs: refusal && retryAfterMs(refusal) },
  );
}

/** `ERR_LOCK_ABORTED`, with the signal's reason as cause. */
export function abortedError(keys: readonly string[], cause: unknown): LockError {
  return new LockError(
    "ERR_LOCK_ABORTED",
    `Waiting for lock ${quoteKeys(keys)} was aborted by the caller's signal.`,
    { keys, cause },
  );
}

/** `ERR_LOCK_CLOSED`. */
export function closedError(keys: readonly string[]): LockError {
  return new LockError(
    "ERR_LOCK_CLOSED",
    `Lock ${quoteKeys(keys)} is not granted: the lock manager is closed or closing.`,
    { keys },
  );
}

/** When a lock can be had at the latest, if that is known; a key without TTL stays. */
function retryAfterMs(refusal: Refusal): number | undefined {
  return refusal.kind === "held" && Number.isFinite(refusal.freeInMs)
    ? Math.max(0, refusal.freeInMs)
    : undefined;
}
