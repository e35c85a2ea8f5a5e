import type { Clock } from "../clock.js";
import type { NodeVote } from "../errors.js";
import type { AttemptRequest, AttemptResult, VotePlace, VoteResult } from "./attempt.js";
import { GrantVote } from "./grant-vote.js";
import type { Roster } from "./roster.js";

/** After so many split votes, nodes are asked one by one. */
const PARALLEL_VOTES = 2;
const VOTES = 5;
const SPLIT_BACKOFF_MS = 4;

/**
 * One attempt: a vote of all nodes, taken again after a split vote. Contenders that keep splitting the vote
 * go through the nodes in one fixed order, where whoever is granted the first node goes on and the others
 * stop. Everything that a failed vote set is given back before the next.
 * Source: the Redis documentation, "Distributed Locks with Redis".
 */
export function attempt(
  roster: Roster,
  request: AttemptRequest,
  clock: Clock,
  place: VotePlace | undefined,
): Promise<AttemptResult> {
  const ballot = new GrantVote(roster, request, clock, place);
  return ballot.allAtOnce().then((verdict) => {
    const result = verdict === "won" ? ballot.win() : ballot.lose(verdict);
    if (!(result instanceof Promise) && result.kind === "won") return result;
    return goOn(ballot, result, roster, request, clock, place);
  });
}

/** What follows a first vote that was not won at once. */
async function goOn(
  first: GrantVote,
  result: VoteResult | Promise<VoteResult>,
  roster: Roster,
  request: AttemptRequest,
  clock: Clock,
  place: VotePlace | undefined,
): Promise<AttemptResult> {
  let corrected = false;
  let ballot = first;
  let outcome = await result;
  for (let vote = 1; ; vote++) {
    if (outcome.kind === "won") return outcome;
    ballot.giveBack();
    if (!corrected && ballot.correctClock()) corrected = true;
    else if (outcome.kind !== "split") return outcome;
    else if (vote === VOTES) return { ...outcome, kind: "held", split: true };
    else await pause(clock, clock.random() * SPLIT_BACKOFF_MS * vote);
    if (!(await isReturned(roster, request))) return stillReturning(roster, request);
    ballot = new GrantVote(roster, request, clock, place);
    const verdict = vote < PARALLEL_VOTES ? await ballot.allAtOnce() : await ballot.oneByOne();
    outcome = await (verdict === "won" ? ballot.win() : ballot.lose(verdict));
  }
}

/** Under the caller's own token: whether what failed votes have set is given back by now, or within a node's deadline. */
export async function isReturned(roster: Roster, { returned, ttlMs }: AttemptRequest): Promise<boolean> {
  return returned === undefined || roster.within(roster.deadlineFor(ttlMs), returned);
}

/** The result of an attempt that can't be made, since what an earlier one set is still being given back. */
export function stillReturning(roster: Roster, { ttlMs }: AttemptRequest): AttemptResult {
  const reason = `a release under this token may still be under way, for ${ttlMs} ms at most; another token need not wait`;
  const votes = roster.voters.map(({ name: node }): NodeVote => ({ node, outcome: "unknown", reason }));
  return { kind: "unavailable", votes };
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, delayMs));
}
