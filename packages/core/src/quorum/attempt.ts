import type { NodeVote } from "../errors.js";
import type { LockKey, QueuePlace } from "../node/lock-node.js";
import type { Claim } from "./claim.js";
import type { Instant } from "./validity.js";

/** One attempt at a lock. */
export interface AttemptRequest {
  readonly lockKeys: readonly LockKey[];
  readonly ttlMs: number;
  /** Whether the token is the caller's own. */
  readonly adopted: boolean;
  readonly lockDelayMs: number;
  readonly fenceTtlMs: number;
  readonly maxSkewMs: number;
  readonly driftFactor: number;
  /** A fresh token for each vote, or the caller's own. */
  newToken(): string;
  /**
   * Under the caller's own token: the nodes on which this acquire has set the keys, as bits, by what they said in time or
   * late. They are given back when a later vote fails, too: it finds them to be ours already, and would otherwise only
   * keep them from expiring.
   */
  setOn: number;
  /**
   * Under the caller's own token: when everything that failed votes have given back is given back. Before that no vote may
   * follow, since a release that is still under way could take away what the token is granted meanwhile; one that
   * went down with its connection may be under way yet, and is given a lease's time.
   */
  returned: Promise<unknown> | undefined;
  /** Under the caller's own token: whether a lease of this manager relies on one of the keys being the token's. */
  isReliedOn(): boolean;
}

/** How an attempt ended. */
export type AttemptResult =
  | {
      readonly kind: "won";
      readonly claim: Claim;
      readonly fencingToken: number;
      /** Whether the keys were free before, on a node at least; else the token held them already. */
      readonly fresh: boolean;
      readonly acquiredAt: number;
      readonly end: Instant;
    }
  /**
   * Somebody else has it. `freeInMs`: when it is free at the latest, if nobody extends it. `split`: nobody is known to have
   * it, but every vote was split.
   */
  | {
      readonly kind: "held";
      readonly votes: readonly NodeVote[];
      readonly freeInMs: number;
      readonly split?: boolean;
    }
  | { readonly kind: "unavailable"; readonly votes: readonly NodeVote[] };

/** How one vote ended: a split vote is worth another. */
export type VoteResult =
  | AttemptResult
  | { readonly kind: "split"; readonly votes: readonly NodeVote[]; readonly freeInMs: number };

/** A place in the nodes' queues for whoever is willing to wait, which hears what becomes of it. */
export interface VotePlace extends QueuePlace {
  /** A node refused, and so has this process in its queue; called late, too. */
  enrolled(index: number): void;
  /** A node granted, and so has taken this process off its queue. */
  taken(index: number): void;
}
