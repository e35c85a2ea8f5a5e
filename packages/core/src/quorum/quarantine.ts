import { publish } from "../telemetry.js";
import type { LongestTtl } from "./longest-ttl.js";
import type { RosterSettings } from "./roster-settings.js";
import { earlier, type Instant, remainingUntil } from "./validity.js";
import type { Voter } from "./voter.js";

/** What is known of the server that a node was when it was met last. */
interface Meeting {
  readonly runId: string | null;
  /** Monotonic time at which it may have forgotten what was granted before; -Infinity if it can't have. */
  readonly forgotAt: number;
  /** Before which its server did not start. */
  readonly bornAfter: Instant;
}

/** Keeps nodes out of the vote that may have forgotten leases, until every such lease is over. */
export class Quarantine {
  readonly #voters: readonly Voter[];
  readonly #quorum: number;
  readonly #settings: RosterSettings;
  /** By index of the node. */
  readonly #met: Meeting[] = [];
  readonly #admitted: boolean[] = [];
  /** Under which run id each node was last admitted: a mere reconnection to it is no restart. */
  readonly #admittedRuns: (string | null)[] = [];
  readonly #longestTtl: LongestTtl;
  /** Monotonic time before which nobody is admitted who was met while others could do without it. */
  readonly #notBefore: number[] = [];
  #everybodyAdmitted = false;
  #waivedAt = -Infinity;

  /** @param voters may still be filled */
  constructor(voters: readonly Voter[], quorum: number, longestTtl: LongestTtl, settings: RosterSettings) {
    this.#voters = voters;
    this.#quorum = quorum;
    this.#settings = settings;
    this.#longestTtl = longestTtl;
    longestTtl.onLonger = () => this.#waive();
  }

  /** Why a node does not vote yet, or `undefined`. */
  reason(index: number): string | undefined {
    if (this.#everybodyAdmitted || this.#admitted[index]) return undefined;
    const leftMs = this.#leftMs(index);
    return leftMs > 0 ? `restarted: votes again in ${Math.ceil(leftMs)} ms` : undefined;
  }

  /**
   * Why a grant of this node does not count, or `undefined`; from then on it counts. A node that restarted may have
   * forgotten leases; until they are over, a quorum that needs its vote may be a false one. It is asked when votes are
   * counted rather than when they are sought: a manager that meets all its nodes for the first time then needs no
   * second round, and what the other nodes know of longer leases has arrived with their votes.
   */
  reasonNotToCount(index: number): string | undefined {
    const reason = this.reason(index);
    const voter = this.#voters[index];
    if (reason === undefined && voter !== undefined) this.#admit(voter, "its forgotten leases are over");
    return reason;
  }

  /** A node has said who it is, and is fit to vote. */
  meet(voter: Voter): void {
    const { identity, index } = voter;
    if (identity === undefined) return;
    const last = this.#met[index];
    const isSame = last !== undefined && last.runId !== null && last.runId === identity.runId;
    // Another server that was there already when the former one was lost, such as a replica that was promoted: it
    // may never have seen the leases of the former, however long it has been up. So may one that restarted before the
    // loss was noticed.
    const isReplacement = !isSame && (last?.runId ?? null) !== null && voter.bornAt < voter.lostAt;
    const forgotAt = isReplacement ? this.#settings.clock.monotonic() : voter.bornAt;
    // A server that is met again is no younger than it was; its uptime is only known by the second.
    if (!isSame) this.#met[index] = { runId: identity.runId, forgotAt, bornAfter: voter.bornAfter };
    // Who was another in between may come back with what that one had, or without it.
    this.#admitted[index] = isSame && identity.runId === this.#admittedRuns[index];
    this.#everybodyAdmitted = false;
    if (identity.durable && !isReplacement) this.#admit(voter, "it forgets nothing in a restart");
    this.#compareTtls(voter);
    const reason = this.reason(index);
    if (reason === undefined) publish.node({ node: voter.name, change: "ready", reason });
    else {
      publish.node({ node: voter.name, change: "quarantined", reason });
      this.#waive();
    }
    this.#everybodyAdmitted = this.#voters.every(({ index }) => this.#admitted[index] === true);
  }

  /** Tells the node of this manager's leases, and if need be hears what the others know of longer ones. */
  #compareTtls(voter: Voter): void {
    const { clock, nodeTimeoutMs, restartQuarantineMs } = this.#settings;
    const { index } = voter;
    this.#notBefore[index] = -Infinity;
    if (this.#admitted[index] || voter.bornAt === -Infinity || restartQuarantineMs !== undefined)
      return void this.#longestTtl.exchangeWith(voter);
    const exchanged = this.#longestTtl.exchange();
    const others = this.#voters.filter(
      (other) => other !== voter && other.identity?.unfit === null && this.reason(other.index) === undefined,
    );
    if (others.length < this.#quorum) return;
    // While the others can do without it, it waits for what they say.
    const notBefore = clock.monotonic() + nodeTimeoutMs;
    this.#notBefore[index] = notBefore;
    void exchanged.then(() => {
      if (this.#notBefore[index] === notBefore) this.#notBefore[index] = -Infinity;
    });
  }

  #leftMs(index: number): number {
    const over = (this.#met[index]?.forgotAt ?? -Infinity) + this.#durationMs;
    return Math.max(over, this.#notBefore[index] ?? -Infinity) - this.#settings.clock.monotonic();
  }

  get #durationMs(): number {
    return this.#settings.restartQuarantineMs ?? (this.#voters.length === 1 ? 0 : this.#longestTtl.inUseMs);
  }

  /**
   * When no quorum is left without the nodes that restarted, as at the first start of everything, they must do. So
   * may those that this manager meets for the first time then: it could as well have met them all at once.
   */
  #waive(): void {
    if (this.#settings.restartQuarantineMs !== undefined) return;
    const now = this.#settings.clock.monotonic();
    const fresh = this.#voters.filter(
      ({ identity, index }) => identity?.unfit === null && this.reason(index) !== undefined,
    );
    // Counted are those that restarted within the time for certain: one that may only be another server is no reason to
    // let in others that have forgotten leases.
    const young = fresh.filter(({ index }) => this.#isYoung(index));
    if (this.#voters.length - young.length < this.#quorum) this.#waivedAt = now;
    else if (now - this.#waivedAt > this.#durationMs) return;
    for (const voter of fresh) {
      const isRestart = (this.#admittedRuns[voter.index] ?? null) !== null;
      if (isRestart && this.#voters.length - fresh.length >= this.#quorum) continue;
      this.#admit(voter, "too few other nodes are left; leases from before their restart are not protected");
    }
  }

  /** By both clocks, since the monotonic one stands still while this machine is suspended. */
  #isYoung(index: number): boolean {
    const born = this.#met[index]?.bornAfter;
    return born !== undefined && remainingUntil(earlier(born, -this.#durationMs), this.#settings.clock) > 0;
  }

  #admit(voter: Voter, reason: string): void {
    if (this.#admitted[voter.index]) return;
    this.#admitted[voter.index] = true;
    this.#admittedRuns[voter.index] = voter.identity?.runId ?? null;
    this.#everybodyAdmitted = this.#voters.every(({ index }) => this.#admitted[index] === true);
    if (voter.bornAt !== -Infinity) publish.node({ node: voter.name, change: "admitted", reason });
  }
}
