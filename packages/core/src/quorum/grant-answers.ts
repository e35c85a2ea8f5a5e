import type { NodeVote } from "../errors.js";
import type { GrantReply } from "../node/lock-node.js";
import { freeOnQuorumMs } from "./majority.js";
import type { Answer } from "./poll.js";
import type { Roster } from "./roster.js";
import { Unknown } from "./unknown.js";

/** What the nodes said to a grant, by index. */
export type GrantAnswers = readonly Answer<GrantReply>[];

/** When the lock is free on a quorum at the latest, in milliseconds, if nobody extends it. */
export function freeInMs(answers: GrantAnswers): number {
  const remaining = answers.filter(isReply).map((reply) => (reply.kind === "held" ? reply.remainingMs : 0));
  return freeOnQuorumMs(answers.length, remaining);
}

/** The answers as votes, for an error. */
export function votesOf(roster: Roster, answers: GrantAnswers): NodeVote[] {
  return roster.voters.map(({ name: node, index }) => {
    const answer = answers[index];
    if (answer === undefined) return { node, outcome: "unknown", reason: "no answer yet" };
    if (answer instanceof Unknown) return { node, outcome: "unknown", reason: answer.reason };
    if (answer.kind === "held") return { node, outcome: "held", remainingMs: answer.remainingMs };
    if (answer.kind === "skewed") {
      const reason = `its clock is far behind this machine's (${new Date(answer.nodeTimeMs).toISOString()})`;
      return { node, outcome: "unknown", reason };
    }
    const reason = answer.unconfirmed ?? roster.quarantine(index);
    return reason === undefined ? { node, outcome: "granted" } : { node, outcome: "unknown", reason };
  });
}

/** Whether a node has answered, with something usable. */
export function isReply(answer: Answer<GrantReply>): answer is GrantReply {
  return answer !== undefined && !(answer instanceof Unknown);
}

/** Whether a node finds this machine's clock to be ahead of its own. */
export function isSkewed(answer: Answer<GrantReply>): answer is Extract<GrantReply, { kind: "skewed" }> {
  return isReply(answer) && answer.kind === "skewed";
}

/** How often the most frequent of `values` occurs. */
export function mostFrequent(values: readonly string[]): number {
  let most = 0;
  for (const value of values) most = Math.max(most, values.filter((other) => other === value).length);
  return most;
}
