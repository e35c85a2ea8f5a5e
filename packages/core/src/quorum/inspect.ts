import type { LockNodeState } from "../lock-manager.js";
import type { KeyState, LockKey } from "../node/lock-node.js";
import { decideFence } from "./fencing.js";
import { majorityOf } from "./majority.js";
import type { Roster } from "./roster.js";
import { Unknown } from "./unknown.js";

/** Asks all nodes, and waits for all of them (until the deadline): an operator wants the whole picture. */
export function inspectOnNodes(roster: Roster, key: LockKey, deadlineMs: number): Promise<LockNodeState[]> {
  return roster.poll<KeyState, LockNodeState[]>({
    ask: (node) => node.inspect(key),
    deadlineMs,
    decide: (answers, pending) => {
      if (pending > 0) return undefined;
      return roster.voters.map(({ name: node, index }) => {
        const answer = answers[index] ?? new Unknown("not asked");
        if (answer instanceof Unknown)
          return { node, token: null, remainingMs: 0, fencingToken: 0, reason: answer.reason };
        const { token, remainingMs, fence } = answer;
        return { node, token, remainingMs, fencingToken: fence, reason: undefined };
      });
    },
  });
}

/** Who holds a key by a quorum. */
export interface Holder {
  readonly token: string;
  /** Until when it has its quorum, if nobody extends it: the q-th longest remaining time. */
  readonly remainingMs: number;
  readonly fencingToken: number;
}

/** The holder; `null` if there is none, since contenders with a minority hold nothing; `undefined` if too few nodes answered to tell. */
export function judgeHolder(states: readonly LockNodeState[]): Holder | null | undefined {
  const n = states.length;
  const quorum = majorityOf(n);
  const known = states.filter(({ reason }) => reason === undefined);
  let tooFew = known.length < quorum;
  for (const { token } of known) {
    if (token === null) continue;
    const holding = known.filter((state) => state.token === token);
    if (holding.length < quorum) {
      tooFew ||= holding.length + n - known.length >= quorum;
      continue;
    }
    const remaining = holding.map((state) => state.remainingMs).sort((a, b) => b - a);
    const fences = holding.map((state) => state.fencingToken);
    return { token, remainingMs: remaining[quorum - 1] ?? 0, fencingToken: decideFence(n, fences).fence };
  }
  return tooFew ? undefined : null;
}
