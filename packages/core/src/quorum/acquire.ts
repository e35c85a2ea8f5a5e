import type { Clock } from "../clock.js";
import { type AttemptRequest, type AttemptResult, GrantVote } from "./grant-vote.js";
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
export async function attempt(roster: Roster, request: AttemptRequest, clock: Clock): Promise<AttemptResult> {
  let corrected = false;
  for (let vote = 1; ; vote++) {
    const ballot = new GrantVote(roster, request, clock);
    const verdict = vote > PARALLEL_VOTES ? await ballot.oneByOne() : await ballot.allAtOnce();
    const result = verdict === "won" ? await ballot.win() : ballot.lose(verdict);
    if (result.kind === "won") return result;
    ballot.giveBack();
    if (!corrected && ballot.correctClock()) corrected = true;
    else if (result.kind !== "split") return result;
    else if (vote === VOTES) return { ...result, kind: "held" };
    else await pause(clock, clock.random() * SPLIT_BACKOFF_MS * vote);
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, delayMs));
}
