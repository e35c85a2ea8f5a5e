import type { Clock } from "../clock.js";
import type { NodeVote } from "../errors.js";
import type { LockKey } from "../node/lock-node.js";
import { Claim } from "./claim.js";
import { confirmOnQuorum } from "./confirm.js";
import { extendOnQuorum } from "./extend.js";
import type { Roster } from "./roster.js";
import { type Instant, instant, remainingUntil, validUntil } from "./validity.js";

/** A lease to be taken over by its token. */
export interface TakeOverRequest {
  readonly keys: readonly LockKey[];
  readonly token: string;
  readonly ttlMs: number;
  readonly lockDelayMs: number;
  readonly fenceTtlMs: number;
  readonly driftFactor: number;
}

/** How it ended; see {@link takeOver}. */
export type TakeOverResult =
  | {
      readonly kind: "renewed";
      readonly claim: Claim;
      readonly fencingToken: number;
      readonly acquiredAt: number;
      readonly end: Instant;
    }
  | { readonly kind: "lost"; readonly votes: readonly NodeVote[] }
  | { readonly kind: "unavailable"; readonly votes: readonly NodeVote[] };

/** Extends a lease that another request or process acquired, and learns its fencing token from the nodes. */
export async function takeOver(
  roster: Roster,
  request: TakeOverRequest,
  clock: Clock,
): Promise<TakeOverResult> {
  const { keys, token, ttlMs, lockDelayMs, fenceTtlMs, driftFactor } = request;
  const start = instant(clock);
  const end = validUntil(start, ttlMs, driftFactor);
  roster.announce(ttlMs);
  const deadlineMs = roster.deadlineFor(ttlMs);
  const claim = new Claim(roster, keys, token, ttlMs, true);
  const result = await extendOnQuorum(roster, {
    keys,
    token,
    ttlMs,
    lockDelayMs,
    fenceTtlMs,
    fencingToken: 0,
    deadlineMs,
    hurried: false,
    claim,
    repairMs: () => remainingUntil(end, clock),
  });
  const { votes, known } = result;
  if (result.kind === "lost") return { kind: "lost", votes };
  if (result.kind === "unknown") return { kind: "unavailable", votes };
  // A lock that another library took has no fencing token yet.
  const fence = known.fence || roster.fenceClock.propose(start, clock.random());
  const confirm = { keys, token, fence, fenceTtlMs };
  const counts = (index: number): boolean => roster.quarantine(index) === undefined;
  const settled =
    (known.agreed && known.fence > 0) || (await confirmOnQuorum(roster, confirm, counts, deadlineMs));
  if (!settled || remainingUntil(end, clock) === 0) return { kind: "unavailable", votes };
  return { kind: "renewed", claim, fencingToken: fence, acquiredAt: clock.monotonic(), end };
}
