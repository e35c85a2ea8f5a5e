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
  return new LockError(
    "ERR_LOCK_UNAVAILABLE",
    `Lock ${quoteKeys(keys)} ${what}: no quorum of nodes answered (${describeVotes(votes)}). ${then}.`,
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
