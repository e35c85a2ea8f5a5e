import type { NodeVote } from "../errors.js";
import type { LockKey, ReleaseReply } from "../node/lock-node.js";
import type { Answer } from "./poll.js";
import type { Roster } from "./roster.js";
import { Unknown } from "./unknown.js";

/** How a release by token ended; see {@link releaseByToken}. */
export interface ReleaseResult {
  readonly kind: ReleaseReply | "unavailable";
  readonly votes: readonly NodeVote[];
}

/**
 * Releases on all nodes without knowing where the lock is. `released`: it was the token's (on a quorum, or on
 * the nodes that answered) · `free`: it was nobody's · `held`: another's · `unavailable`: no quorum answered.
 *
 * @param token `null` releases whoever holds the lock
 */
export function releaseByToken(
  roster: Roster,
  keys: readonly LockKey[],
  token: string | null,
  ttlMs: number,
): Promise<ReleaseResult> {
  const { quorum, voters } = roster;
  return roster.poll<ReleaseReply, ReleaseResult>({
    insist: true,
    ask: (_node, index) => {
      const voter = voters[index];
      if (voter === undefined) return Promise.resolve("free");
      return voter.release({ keys, token, keepMs: 0, lockDelayMs: roster.lockDelayMs }, ttlMs, true);
    },
    deadlineMs: roster.deadlineFor(ttlMs),
    decide: (answers, pending) => {
      const count = (reply: ReleaseReply): number => answers.filter((answer) => answer === reply).length;
      const [released, free, held] = [count("released"), count("free"), count("held")];
      const result = (kind: ReleaseResult["kind"]): ReleaseResult => ({
        kind,
        votes: votesOf(roster, answers),
      });
      if (released >= quorum) return result("released");
      if (held >= quorum) return result("held");
      if (free >= quorum) return result("free");
      if (pending > 0) return undefined;
      if (released + free + held < quorum) return result("unavailable");
      if (released > 0) return result("released");
      return result(held > 0 ? "held" : "free");
    },
  });
}

function votesOf(roster: Roster, answers: readonly Answer<ReleaseReply>[]): NodeVote[] {
  return roster.voters.map(({ name: node, index }) => {
    const answer = answers[index];
    if (answer === undefined) return { node, outcome: "unknown", reason: "no answer yet" };
    if (answer instanceof Unknown) return { node, outcome: "unknown", reason: answer.reason };
    return { node, outcome: answer === "released" ? "granted" : answer };
  });
}
