import { describeVotes, LockError, type NodeVote, quoteKeys } from "./errors.js";

/** `ERR_LOCK_LOST`. `why` goes on after "is over:". */
export function lostError(
  keys: readonly string[],
  why: string,
  votes: readonly NodeVote[] = [],
  result?: unknown,
): LockError {
  return new LockError(
    "ERR_LOCK_LOST",
    `The lease of ${quoteKeys(keys)} is over: ${why}. Somebody else may hold the lock now; ` +
      "writes must carry the fencing token so that the store can refuse them.",
    { keys, votes, result },
  );
}

/** `ERR_LOCK_UNAVAILABLE` of an operation other than acquire. `what` goes on after the keys. */
export function unavailableError(
  keys: readonly string[],
  what: string,
  votes: readonly NodeVote[],
  then = "Check the nodes and try again",
): LockError {
  return nodesCouldNotTell(`Lock ${quoteKeys(keys)} ${what}`, keys, votes, then);
}

/** `ERR_LOCK_UNAVAILABLE` of something that needs a quorum of answers. */
export function nodesCouldNotTell(
  what: string,
  keys: readonly string[],
  votes: readonly NodeVote[],
  then = "Check the nodes and try again",
): LockError {
  return new LockError(
    "ERR_LOCK_UNAVAILABLE",
    `${what}: no quorum of nodes could tell (${describeVotes(votes)}). ${then}.`,
    { keys, votes },
  );
}

/** `ERR_LOCK_NOT_HOLDER`. `what` goes on after the keys. */
export function notHolderError(
  keys: readonly string[],
  what: string,
  votes: readonly NodeVote[] = [],
): LockError {
  const said = votes.length === 0 ? "" : ` (${describeVotes(votes)})`;
  return new LockError("ERR_LOCK_NOT_HOLDER", `Lock ${quoteKeys(keys)} ${what}${said}.`, { keys, votes });
}

/** `ERR_LOCK_UNAVAILABLE` of an extension, after which the lease goes on for `leftMs`. */
export function notExtendedError(
  keys: readonly string[],
  votes: readonly NodeVote[],
  leftMs: number,
): LockError {
  const then = `The lease goes on for ${Math.round(leftMs)} ms; try again`;
  return unavailableError(keys, "could not be extended", votes, then);
}

/** Why a lease's time is over, for {@link lostError}. `votes`: what its last extension was told. */
export function expiryReason(autoExtend: boolean, heldForMax: boolean, votes: readonly NodeVote[]): string {
  if (!autoExtend) return "its ttlMs were over before it was released, and autoExtend is off";
  if (heldForMax) return "it was held for maxHoldMs, the longest time for which it is extended";
  const said = votes.length > 0 ? describeVotes(votes) : "this process did not run, or its clock jumped";
  return `it could not be extended in time (${said})`;
}
