/** How many of `n` nodes make a quorum: more than half, so that any two quorums share a node. */
export function majorityOf(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** How often each answer was given; `pending` nodes have not answered yet. */
export interface GrantCount {
  readonly granted: number;
  /** Nodes that refused, because of whomever. */
  readonly refused: number;
  /** The most nodes that refused because of one and the same holder. */
  readonly heldByOne: number;
  readonly pending: number;
}

/**
 * `won`: a quorum granted · `held`: somebody else has a quorum · `split`: a quorum answered, but nobody has one, since
 * contenders took votes from each other · `unavailable`: no quorum answered.
 */
export type GrantVerdict = "won" | "held" | "split" | "unavailable";

/**
 * The verdict over `n` nodes as soon as no outstanding answer can change it; `undefined` before.
 *
 * The counts only grow by what is `pending`, and for complete counts exactly one of the verdicts holds. So each may
 * be decided as soon as it can no longer turn false, and with nothing pending one always is: an attempt always settles.
 */
export function judgeGrants(n: number, count: GrantCount): GrantVerdict | undefined {
  const quorum = majorityOf(n);
  const { granted, refused, heldByOne, pending } = count;
  if (granted >= quorum) return "won";
  if (heldByOne >= quorum) return "held";
  if (granted + refused + pending < quorum) return "unavailable";
  const canBeWon = granted + pending >= quorum;
  const canBeHeld = heldByOne + pending >= quorum;
  if (!canBeWon && !canBeHeld && granted + refused >= quorum) return "split";
  return undefined;
}

/**
 * When the lock is free on a quorum of `n` nodes at the latest, in milliseconds from now, if nobody
 * extends it: the q-th smallest of the remaining times that are known. When fewer than a
 * quorum answered, the longest known time must do.
 */
export function freeOnQuorumMs(n: number, remaining: readonly number[]): number {
  const sorted = [...remaining].sort((a, b) => a - b);
  return sorted[Math.min(majorityOf(n), sorted.length) - 1] ?? 0;
}
