import { lockKeyOf } from "../keys/lock-key.js";
import type { ExtendReply, GrantReply, LockKey, ReleaseReply, ReleaseRequest } from "../node/lock-node.js";
import { bit, count } from "./node-bits.js";
import type { Roster } from "./roster.js";
import { Unknown } from "./unknown.js";
import type { Voter } from "./voter.js";

/**
 * `released`: it was ours on a quorum and is free now · `gone`: it was not ours on a quorum any more ·
 * `unknown`: too few nodes answered to tell.
 */
export type DropResult = "released" | "gone" | "unknown";

/** How the keys are given back. */
interface Return {
  /** The nodes to which a release is on its way. */
  underWay: number;
  /** Those of them that may have set the keys after they carried out that release. */
  late: number;
}

/**
 * One token's hold on the nodes, from the first request that could set the keys. It remembers where they
 * may be, so that nothing of it is left anywhere once it is dropped, however late a node carries out what
 * it was asked: a client-side deadline says nothing about what the server did.
 *
 * Sets of nodes are integers here, with one bit for each node, since every lease keeps a claim for as long as it is held.
 */
export class Claim {
  readonly #roster: Roster;
  /** The keys with their names on the nodes; or as the caller gave them, once the names can be worked out; one by itself. */
  #keys: readonly (LockKey | string)[] | string;
  /** The longest that nodes may keep the keys. */
  #ttlMs: number;
  /** The nodes that may hold the keys for us: they said so, or have not answered yet. */
  #holders = 0;
  /** The nodes that said that the keys were free before, so that nobody else relies on them being ours. */
  #fresh = 0;
  #return: Return | undefined;

  /**
   * @param adopted the token is the caller's and may be held by another lease, which must survive this claim's
   * failure: then only what this claim is known to have set is given back, and a late grant is left to expire,
   * since a later acquire under the token may count on it by then
   */
  constructor(
    roster: Roster,
    keys: readonly LockKey[],
    readonly token: string,
    ttlMs: number,
    readonly adopted: boolean,
  ) {
    this.#roster = roster;
    this.#keys = keys;
    this.#ttlMs = ttlMs;
  }

  get dropped(): boolean {
    return this.#return !== undefined;
  }

  get keys(): readonly LockKey[] {
    const { keyPrefix } = this.#roster;
    const keys = typeof this.#keys === "string" ? [this.#keys] : this.#keys;
    return keys.map((key) => (typeof key === "string" ? lockKeyOf(keyPrefix, key) : key));
  }

  /** The keys as the caller gave them. */
  get plainKeys(): readonly string[] {
    if (typeof this.#keys === "string") return [this.#keys];
    return this.#keys.map((key) => (typeof key === "string" ? key : key.key));
  }

  /**
   * Lets go of the names on the nodes: a lease is held for long, and they are worked out anew for the few requests
   * that are still to come.
   */
  forgetNames(): void {
    const keys = this.plainKeys;
    this.#keys = keys.length === 1 ? (keys[0] ?? "") : keys;
  }

  /** Whether a node may hold the keys for us. */
  mayBeAt(index: number): boolean {
    return (this.#holders & bit(index)) !== 0;
  }

  /** A request that can set the keys leaves for a node. */
  asked(index: number): void {
    // What the node is still owed would give back what it is asked for now.
    if (this.adopted) this.#roster.voters[index]?.owed.cancel(this.keys, this.token);
    this.#holders |= bit(index);
  }

  /** The answer to a grant, in time or late. */
  answered(index: number, reply: GrantReply): void {
    const granted = reply.kind === "granted";
    if (granted && reply.fresh) this.#fresh |= bit(index);
    this.#holds(index, granted);
    if (granted) this.#releaseIfDropped(index);
  }

  /** The answer to an extension or a repair, in time or late. */
  extended(index: number, reply: ExtendReply): void {
    const ours = reply.kind === "extended" || reply.kind === "repaired";
    this.#holds(index, ours);
    if (ours) this.#releaseIfDropped(index);
  }

  /**
   * Gives the keys back wherever they may be. Settles when it is certain whether the lock was still ours on
   * a quorum and is free now, or at the deadline.
   *
   * @param keepMs for how long the keys are kept from everybody
   * @param quiet wake nobody: a waiter of this process asks right behind
   */
  drop(keepMs = 0, quiet = false): Promise<DropResult> {
    this.#return ??= { underWay: 0, late: 0 };
    const { size, quorum } = this.#roster;
    const asked = this.#holders;
    const holders = count(asked);
    if (holders === 0) return Promise.resolve("gone");
    const request = this.#releaseRequest(keepMs, quiet);
    return this.#roster.poll<ReleaseReply, DropResult>({
      insist: true,
      among: (index) => (asked & bit(index)) !== 0,
      ask: (_node, index) => this.#release(index, request),
      deadlineMs: this.#roster.deadlineFor(this.#ttlMs),
      decide: (answers, pending) => {
        let released = 0;
        let gone = 0;
        for (const answer of answers) {
          if (answer === "released") released++;
          else if (answer !== undefined && !(answer instanceof Unknown)) gone++;
        }
        if (released >= quorum) return "released";
        if (holders - gone < quorum) return "gone";
        if (pending > 0) return undefined;
        // It can have been ours on a quorum, and is free on one now: nodes that never had the keys are free.
        return released > 0 && size - holders + released >= quorum ? "released" : "unknown";
      },
    });
  }

  /** Nodes are asked to keep the keys for `ttlMs` from now on. */
  outlast(ttlMs: number): void {
    this.#ttlMs = Math.max(this.#ttlMs, ttlMs);
  }

  /** Takes over what another claim of the same lease knows. */
  merge(other: Claim): void {
    this.outlast(other.#ttlMs);
    this.#holders |= other.#holders;
  }

  /**
   * Gives back what a vote that failed, or that nobody wants any more, has set or may have set. Nobody needs the
   * answers: what is asked of a node next comes after the release.
   */
  fail(): void {
    const ours = this.adopted ? this.#holders & this.#fresh : this.#holders;
    for (const voter of this.#failing(ours))
      this.#release(voter.index, this.#releaseRequest()).catch(() => {});
  }

  /**
   * The same under the caller's token, for one vote of several.
   *
   * @param leaves what was set is left to expire: the vote was won too late to be of use, or somebody relies on the keys
   * @param earlier where earlier votes of the same acquire have set the keys
   * @returns when every node has answered its release, or the ttl is over
   */
  failAdopted(leaves: boolean, earlier: number): Promise<unknown> {
    const failing = this.#failing(leaves ? 0 : this.#holders & (this.#fresh | earlier));
    return Promise.all(
      failing.map((voter) => {
        const release = this.#release(voter.index, this.#releaseRequest());
        return this.#roster.within(this.#ttlMs, answerOf(release, voter));
      }),
    );
  }

  #failing(ours: number): Voter[] {
    this.#return ??= { underWay: 0, late: 0 };
    return ours === 0 ? [] : this.#roster.voters.filter(({ index }) => (ours & bit(index)) !== 0);
  }

  #holds(index: number, ours: boolean): void {
    if (ours) this.#holders |= bit(index);
    else this.#holders &= ~bit(index);
  }

  #releaseRequest(keepMs = 0, quiet = false): ReleaseRequest {
    const { keys, token } = this;
    return { keys, token, keepMs, quiet, lockDelayMs: this.#roster.lockDelayMs };
  }

  #release(index: number, request: ReleaseRequest): Promise<ReleaseReply> {
    const voter = this.#roster.voters[index];
    const giving = this.#return;
    if (voter === undefined || giving === undefined) return Promise.resolve("free");
    giving.underWay |= bit(index);
    return voter.release(request, this.#ttlMs, this.adopted, (reply) => {
      giving.underWay &= ~bit(index);
      if (reply === undefined) return;
      if (giving.late & bit(index)) this.#releaseAgain(index);
      giving.late &= ~bit(index);
    });
  }

  /**
   * The keys were set, perhaps although the claim is dropped. A release that is on its way may have come too early. Under
   * the caller's token they are left to expire: they can be another lease's by now.
   */
  #releaseIfDropped(index: number): void {
    if (this.#return === undefined || this.adopted) return;
    if (this.#return.underWay & bit(index)) this.#return.late |= bit(index);
    else this.#releaseAgain(index);
  }

  #releaseAgain(index: number): void {
    this.#release(index, this.#releaseRequest()).catch(() => {});
  }
}

/** Settles when a node has answered, but not if the connection was lost: though sent again, it may be under way yet. */
function answerOf(request: Promise<unknown>, voter: Voter): Promise<void> {
  const { epoch } = voter;
  return new Promise((resolve) => {
    const ended = (): void => {
      if (epoch === voter.epoch) resolve();
    };
    request.then(ended, ended);
  });
}
