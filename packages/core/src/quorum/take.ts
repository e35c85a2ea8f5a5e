import type { Clock } from "../clock.js";
import type { AttemptRequest, AttemptResult, VotePlace } from "./attempt.js";
import type { Roster } from "./roster.js";
import { remainingUntil } from "./validity.js";

/**
 * Has one more node keep a lock that was won without it: one that was still another's when it was asked, and keeps it
 * for us now. Never a vote; its counter goes to at least our fencing token, as it does in a repair.
 */
export function takeAt(
  roster: Roster,
  index: number,
  { claim, fencingToken, end }: Extract<AttemptResult, { kind: "won" }>,
  request: AttemptRequest,
  clock: Clock,
  place: VotePlace,
): void {
  const ttlMs = Math.floor(remainingUntil(end, clock));
  const voter = roster.voters[index];
  if (claim.dropped || voter === undefined || ttlMs < 1) return;
  const { lockKeys: keys, lockDelayMs, fenceTtlMs, maxSkewMs } = request;
  const { token } = claim;
  claim.asked(index);
  voter
    .ask((node) =>
      node.grant({ keys, token, ttlMs, lockDelayMs, fenceTtlMs, maxSkewMs, proposal: fencingToken, place }),
    )
    .then(
      (reply) => {
        claim.answered(index, reply);
        if (reply.kind === "held" && reply.enrolled !== false) place.enrolled(index);
        else place.taken(index);
      },
      () => {},
    );
}
