import type { ExtendReply, GrantReply, LockKey, ReleaseReply, ReleaseRequest } from "../node/lock-node.js";
import type { Roster } from "./roster.js";
import { Unknown } from "./voter.js";

/**
 * `released`: it was ours on a quorum and is free now · `gone`: it was not ours on a quorum any more ·
 * `unknown`: too few nodes answered to tell.
 */
export type DropResult = "released" | "gone" | "unknown";

/** What became of a claim on one node. */
interface Stand {
  /** `may`: it may hold the keys for us · `does`: it said so · `not`: it said no, or was never asked. */
  holds: "may" | "does" | "not";
  /** Whether it said that the keys were free before, so that nobody else relies on them being ours. */
  fresh: boolean;
  /** A release is on its way. */
  releasing: boolean;
  /** The keys may have been set after the release that is on its way was carried out. */
  late: boolean;
}

/**
 * One token's hold on the nodes, from the first request that could set the keys. It remembers where they
 * may be, so that nothing of it is left anywhere once it is dropped, however late a node carries out what
 * it was asked: a client-side deadline says nothing about what the server did.
 */
export class Claim {
  readonly #roster: Roster;
  readonly #stands: Stand[];
  /** The longest that nodes may keep the keys. */
  #ttlMs: number;
  #dropped = false;
  #failed = false;

  /**
   * @param adopted the token is the caller's and may be held by another lease, which must survive this claim's
   * failure: then only what this claim is known to have set is given back, and a late grant is left to expire,
   * since a later acquire under the token may count on it by then
   */
  constructor(
    roster: Roster,
    readonly keys: readonly LockKey[],
    readonly token: string,
    ttlMs: number,
    readonly adopted: boolean,
  ) {
    this.#roster = roster;
    this.#ttlMs = ttlMs;
    this.#stands = roster.voters.map(() => ({ holds: "not", fresh: false, releasing: false, late: false }));
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /** A request that can set the keys leaves for a node. */
  asked(index: number): void {
    const stand = this.#stands[index];
    // What the node is still owed would give back what it is asked for now.
    if (this.adopted) this.#roster.voters[index]?.owed.cancel(this.keys, this.token);
    if (stand?.holds === "not") stand.holds = "may";
  }

  /** The answer to a grant, in time or late. */
  answered(index: number, reply: GrantReply): void {
    const stand = this.#stands[index];
    if (stand === undefined) return;
    stand.holds = reply.kind === "granted" ? "does" : "not";
    stand.fresh ||= reply.kind === "granted" && reply.fresh;
    if (this.#dropped && stand.holds === "does" && !(this.#failed && this.adopted))
      this.#releaseLate(index, stand);
  }

  /** The answer to an extension or a repair, in time or late. */
  extended(index: number, reply: ExtendReply): void {
    const stand = this.#stands[index];
    if (stand === undefined) return;
    stand.holds = reply.kind === "extended" || reply.kind === "repaired" ? "does" : "not";
    if (this.#dropped && stand.holds === "does") this.#releaseLate(index, stand);
  }

  /**
   * Gives the keys back wherever they may be. Settles when it is certain whether the lock was still ours on
   * a quorum and is free now, or at the deadline.
   *
   * @param keepMs for how long the keys are kept from everybody
   * @param quiet wake nobody: a waiter of this process asks right behind
   */
  drop(keepMs = 0, quiet = false): Promise<DropResult> {
    this.#dropped = true;
    const { size, quorum } = this.#roster;
    const asked = this.#stands.map((stand) => this.#isOurs(stand));
    const holders = asked.filter(Boolean).length;
    if (holders === 0) return Promise.resolve("gone");
    return this.#roster.poll<ReleaseReply, DropResult>({
      insist: true,
      among: (index) => asked[index] === true,
      ask: (_node, index) => this.#release(index, keepMs, quiet),
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
    for (const [i, stand] of this.#stands.entries()) {
      const { holds = "not" } = other.#stands[i] ?? {};
      if (holds === "does" || stand.holds === "not") stand.holds = holds;
    }
  }

  /**
   * Gives back what a vote that failed, or that nobody wants any more, has set or may have set. Nobody needs the
   * answers: what is asked of a node next comes after the release.
   */
  fail(): void {
    this.#failed = true;
    this.#dropped = true;
    for (const [index, stand] of this.#stands.entries()) {
      if (this.#isOurs(stand)) this.#release(index, 0).catch(() => {});
    }
  }

  /** Whether what the node holds may be given back. */
  #isOurs(stand: Stand): boolean {
    return stand.holds !== "not" && (stand.fresh || !(this.#failed && this.adopted));
  }

  #release(index: number, keepMs: number, quiet = false): Promise<ReleaseReply> {
    const stand = this.#stands[index];
    const voter = this.#roster.voters[index];
    if (stand === undefined || voter === undefined) return Promise.resolve("free");
    const request: ReleaseRequest = {
      keys: this.keys,
      token: this.token,
      keepMs,
      quiet,
      lockDelayMs: this.#roster.lockDelayMs,
    };
    stand.releasing = true;
    return voter.release(request, this.#ttlMs, this.adopted).then(
      (reply) => {
        stand.releasing = false;
        if (stand.late && reply !== "released") this.#release(index, 0).catch(() => {});
        stand.late = false;
        return reply;
      },
      (error: unknown) => {
        stand.releasing = false;
        throw error;
      },
    );
  }

  /** The keys were set although the claim is dropped. A release that is on its way may have come too early. */
  #releaseLate(index: number, stand: Stand): void {
    if (stand.releasing) stand.late = true;
    else this.#release(index, 0).catch(() => {});
  }
}
