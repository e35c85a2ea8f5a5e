import type { NodeVote } from "../errors.js";
import type { ExtendReply, ExtendRequest, LockKey } from "../node/lock-node.js";
import type { Claim } from "./claim.js";
import { decideFence } from "./fencing.js";
import type { Answer } from "./poll.js";
import type { Roster } from "./roster.js";
import { Unknown } from "./unknown.js";

type Answers = readonly Answer<ExtendReply>[];

/** One round of extension. */
export interface ExtendRound {
  readonly keys: readonly LockKey[];
  readonly token: string;
  readonly ttlMs: number;
  readonly lockDelayMs: number;
  readonly fenceTtlMs: number;
  /** 0 for a lease of somebody else's, whose fencing token is to be learnt. */
  readonly fencingToken: number;
  readonly deadlineMs: number;
  readonly hurried: boolean;
  /** Hears where the lease is; without one (nobody's lease yet) nothing is repaired. */
  readonly claim: Claim | undefined;
  /** For how long a repaired node shall keep the keys: what is left of the extended lease, at the moment of asking. */
  readonly repairMs: () => number;
}

/**
 * `renewed`: a quorum extended · `lost`: a quorum says that the lease is not ours · `unknown`: neither, so
 * the lease goes on as it was and another round may tell.
 */
export type ExtendResult = {
  readonly kind: "renewed" | "lost" | "unknown";
  readonly votes: readonly NodeVote[];
  /** The fencing token that the nodes know, and whether a quorum agrees on it. */
  readonly known: { readonly fence: number; readonly agreed: boolean };
};

/**
 * Extends where the token still holds the keys. Once a quorum has confirmed, nodes that have lost the keys
 * get them back, so that the next failure finds the lease on as many nodes as there are; such a repair is
 * never a vote, or a lease that had lost its quorum could be voted back to life.
 *
 * @param onRenewed called as soon as a quorum has confirmed, before any repair
 */
export function extendOnQuorum(
  roster: Roster,
  round: ExtendRound,
  onRenewed?: () => void,
): Promise<ExtendResult> {
  const { quorum, size } = roster;
  const request: ExtendRequest = {
    keys: round.keys,
    token: round.token,
    ttlMs: round.ttlMs,
    lockDelayMs: round.lockDelayMs,
    fenceTtlMs: round.fenceTtlMs,
    fence: round.fencingToken,
    repair: false,
  };
  // A fencing token that is not known yet is worth waiting for every node that may show it.
  const learning = round.fencingToken === 0;
  // A node that may have forgotten another lease has no vote here either: somebody may have heard its grant before it
  // restarted, and what is taken over may never have been more than a failed vote.
  const counts = (index: number): boolean => roster.quarantine(index) === undefined;
  const emptied: number[] = [];
  let renewed = false;
  const repair = (index: number): void => repairNode(roster, index, request, round);
  return roster.poll<ExtendReply, ExtendResult>({
    ask: (node, index) => {
      // Of a lease that is taken over, nobody knows yet where it is.
      round.claim?.asked(index);
      return node.extend(request);
    },
    heard: (index, reply) => {
      round.claim?.extended(index, reply);
      if (reply.kind !== "free") return;
      if (renewed) repair(index);
      else emptied.push(index);
    },
    deadlineMs: round.deadlineMs,
    hurried: round.hurried,
    decide: (answers, pending) => {
      let extended = 0;
      let gone = 0;
      for (const [index, answer] of answers.entries()) {
        if (!isReply(answer)) continue;
        if (answer.kind !== "extended") gone++;
        else if (counts(index)) extended++;
      }
      if (extended < quorum && gone < quorum && pending > 0) return undefined;
      const known = learning
        ? decideFence(size, fencesOf(answers, counts))
        : { fence: round.fencingToken, agreed: true };
      if (extended >= quorum) {
        if (!known.agreed && pending > 0) return undefined;
        renewed = true;
        onRenewed?.();
        for (const index of emptied) repair(index);
        return { kind: "renewed", votes: [], known };
      }
      const votes = votesOf(roster, answers, counts);
      return { kind: gone >= quorum ? "lost" : "unknown", votes, known };
    },
  });
}

function repairNode(roster: Roster, index: number, request: ExtendRequest, round: ExtendRound): void {
  const { claim } = round;
  const ttlMs = Math.floor(round.repairMs());
  const voter = roster.voters[index];
  if (claim === undefined || claim.dropped || voter === undefined || ttlMs < 1) return;
  claim.asked(index);
  voter
    .ask((node) => node.extend({ ...request, ttlMs, repair: true }))
    .then(
      (reply) => claim.extended(index, reply),
      () => {},
    );
}

function votesOf(roster: Roster, answers: Answers, counts: (index: number) => boolean): NodeVote[] {
  return roster.voters.map(({ name: node, index }) => {
    const answer = answers[index];
    if (!isReply(answer)) return { node, outcome: "unknown", reason: answer?.reason ?? "no answer yet" };
    if (answer.kind === "held") return { node, outcome: "held", remainingMs: answer.remainingMs };
    if (answer.kind === "free") return { node, outcome: "free" };
    const reason = counts(index) ? undefined : roster.quarantine(index);
    return reason === undefined ? { node, outcome: "granted" } : { node, outcome: "unknown", reason };
  });
}

function fencesOf(answers: Answers, counts: (index: number) => boolean): number[] {
  return answers.flatMap((answer, i) =>
    isReply(answer) && answer.kind === "extended" && counts(i) ? [answer.fence] : [],
  );
}

function isReply(answer: Answer<ExtendReply>): answer is ExtendReply {
  return answer !== undefined && !(answer instanceof Unknown);
}
