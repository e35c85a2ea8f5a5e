/** How many of `n` nodes make a quorum: more than half, so that any two quorums share a node. */
export function majorityOf(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** How often each answer was given; `pending` nodes have not answered yet. */
export interface GrantCount {
  readonly granted: number;
  readonly held: number;
  readonly pending: number;
}

/**
 * `won`: a quorum granted · `held`: a quorum holds the key for others · `split`: a quorum answered, some
 * for and some against, so contenders took votes from each other · `unavailable`: no quorum answered.
 */
export type GrantVerdict = "won" | "held" | "split" | "unavailable";

/**
 * The verdict over `n` nodes as soon as no outstanding answer can change it; `undefined` before.
 *
 * The verdict depends on `granted` and `held` alone, which only grow by what is `pending`, and the
 * conditions below exclude each other for complete counts. So each may be decided as soon as it can
 * no longer turn false, and with nothing pending one of them always holds: an attempt always settles.
 */
export function judgeGrants(n: number, count: GrantCount): GrantVerdict | undefined {
  const quorum = majorityOf(n);
  const { granted, held, pending } = count;
  if (granted >= quorum) return "won";
  if (held >= quorum) return "held";
  if (granted + held + pending < quorum) return "unavailable";
  const canBeWon = granted + pending >= quorum;
  const canBeHeld = held + pending >= quorum;
  if (!canBeWon && !canBeHeld && granted + held >= quorum) return "split";
  return undefined;
}

/**
 * When the lock is free on a quorum of `n` nodes at the latest, in milliseconds from now, if nobody
 * extends it: the q-th smallest remaining time. Nodes that gave no answer count as never, unless too
 * few answered, when the longest known time must do.
 */
export function freeOnQuorumMs(n: number, remaining: readonly number[]): number {
  const sorted = [...remaining].sort((a, b) => a - b);
  return sorted[Math.min(majorityOf(n), sorted.length) - 1] ?? 0;
}
