import type { ConfirmRequest } from "../node/lock-node.js";
import type { Roster } from "./roster.js";

/**
 * The second round of fencing: whether a quorum of the nodes in `among` accepts the request's fencing token,
 * after which no later owner can be granted a smaller one.
 */
export function confirmOnQuorum(
  roster: Roster,
  request: ConfirmRequest,
  among: (index: number) => boolean,
  deadlineMs: number,
): Promise<boolean> {
  return roster.poll<boolean, boolean>({
    among,
    ask: (node) => node.confirm(request),
    deadlineMs,
    decide: (answers, pending) => {
      const accepted = answers.filter((answer) => answer === true).length;
      if (accepted >= roster.quorum) return true;
      return accepted + pending < roster.quorum ? false : undefined;
    },
  });
}
