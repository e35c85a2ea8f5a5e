import { Agenda } from "../agenda.js";
import type { Clock } from "../clock.js";
import { invalidArgument, type LockError } from "../errors.js";
import { NODE_SET_KEY } from "../keys/lock-key.js";
import type { NodeHealth } from "../lock-manager.js";
import type { LockKey, LockNode } from "../node/lock-node.js";
import { publish } from "../telemetry.js";
import { FenceClock } from "./fencing.js";
import { majorityOf } from "./majority.js";
import { decodeNodeSet, encodeNodeSet, nodeSetConflict } from "./node-set.js";
import { poll, type Question } from "./poll.js";
import { Voter } from "./voter.js";

/** What a {@link Roster} needs to know. */
export interface RosterSettings {
  readonly clock: Clock;
  readonly nodeTimeoutMs: number;
  readonly keyPrefix: string;
  readonly ttlMs: number;
  readonly lockDelayMs: number;
  readonly restartQuarantineMs: number | undefined;
}

/** Nodes remember for so long which node set was used last. */
const NODE_SET_TTL_MS = 24 * 3_600_000;

/** All nodes of a manager: who may vote, in which order, and how they are asked. */
export class Roster {
  readonly voters: readonly Voter[];
  readonly quorum: number;
  readonly fenceClock = new FenceClock();
  readonly #settings: RosterSettings;
  readonly #agenda: Agenda;
  readonly #admitted: boolean[];
  /** Under which run id each node was last admitted: a mere reconnection to it is no restart. */
  readonly #admittedRuns: (string | null)[];
  /** When each node last said who it is. */
  readonly #metAt: number[] = [];
  readonly #conflicts = new Map<number, string>();
  readonly #reported = new Set<string>();
  #longestTtlMs: number;
  #everybodyAdmitted = false;
  #waivedAt = -Infinity;

  constructor(nodes: readonly LockNode[], settings: RosterSettings) {
    this.#settings = settings;
    this.#agenda = new Agenda(settings.clock, true);
    this.#longestTtlMs = settings.ttlMs;
    this.quorum = majorityOf(nodes.length);
    this.#admitted = nodes.map(() => false);
    this.#admittedRuns = nodes.map(() => null);
    const voters: Voter[] = [];
    this.voters = voters;
    for (const [index, node] of nodes.entries()) {
      voters.push(
        new Voter(node, index, settings.clock, settings.nodeTimeoutMs, (voter) => this.#identified(voter)),
      );
    }
  }

  get lockDelayMs(): number {
    return this.#settings.lockDelayMs;
  }

  get size(): number {
    return this.voters.length;
  }

  /** Puts a question to the nodes. */
  poll<Reply, Verdict>(question: Question<Reply, Verdict>): Promise<Verdict> {
    return poll(this.voters, question, this.#agenda, this.#settings.clock);
  }

  /** A node's deadline for a lease of `ttlMs`: waiting longer would eat up the lease. */
  deadlineFor(ttlMs: number): number {
    if (ttlMs > this.#longestTtlMs) this.#longestTtlMs = ttlMs;
    return Math.min(this.#settings.nodeTimeoutMs, ttlMs / 5);
  }

  /** One server that was given twice would vote twice: the error to refuse everything with, once it is known. */
  conflict(): LockError | undefined {
    for (const conflict of this.#conflicts.values()) return invalidArgument("nodes", conflict);
    return undefined;
  }

  /** Why these keys can't be used on these nodes, or `null`. */
  refusal(keys: readonly LockKey[]): string | null {
    for (const { node } of this.voters) {
      const refusal = node.refusal?.(keys) ?? null;
      if (refusal !== null) return `${refusal} (node ${node.name})`;
    }
    return null;
  }

  /**
   * Why a grant of this node does not count, or `undefined`. A node that restarted may have forgotten leases;
   * until they are over, a quorum that needs its vote may be a false one. It is asked when votes are counted
   * rather than when they are sought: a manager that meets all its nodes for the first time then needs no
   * second round.
   */
  quarantine(index: number): string | undefined {
    if (this.#everybodyAdmitted || this.#admitted[index]) return undefined;
    const voter = this.voters[index];
    if (voter === undefined) return undefined;
    const left = voter.bornAt + this.#quarantineMs - this.#settings.clock.monotonic();
    if (left <= 0) {
      this.#admit(voter, "its forgotten leases are over");
      return undefined;
    }
    return `restarted: votes again in ${Math.ceil(left)} ms`;
  }

  /** How the nodes stand, for operators. */
  health(): NodeHealth[] {
    return this.voters.map((voter) => {
      const { name: node, index, identity } = voter;
      const connecting = voter.node.state === "connecting" ? "not connected yet" : undefined;
      const quarantine = identity === undefined ? undefined : this.quarantine(index);
      const reason = this.#conflicts.get(index) ?? voter.standing() ?? connecting ?? quarantine;
      const warnings = identity?.warnings ?? [];
      return { node, state: voter.node.state, voting: reason === undefined, reason, warnings };
    });
  }

  /** The one order in which contenders ask the nodes one by one: the same in every process. */
  inFixedOrder(): readonly Voter[] {
    const id = (voter: Voter): string => voter.identity?.runId ?? voter.name;
    return [...this.voters].sort((a, b) => (id(a) < id(b) ? -1 : 1));
  }

  /** Lets what is under way end, for a node's deadline at most, stops all timers and closes the nodes. */
  async close(): Promise<void> {
    const { clock, nodeTimeoutMs } = this.#settings;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, nodeTimeoutMs);
      void Promise.all(this.voters.map((voter) => voter.idle())).then(() => {
        timer.cancel();
        resolve();
      });
    });
    await Promise.allSettled(this.voters.map((voter) => voter.close()));
    this.#agenda.clear();
  }

  get #quarantineMs(): number {
    return this.#settings.restartQuarantineMs ?? (this.size === 1 ? 0 : this.#longestTtlMs);
  }

  #identified(voter: Voter): void {
    const { identity, index } = voter;
    if (identity === undefined) return;
    this.#findDuplicates(voter);
    for (const warning of identity.warnings) this.#warn(voter, warning);
    if (identity.unfit !== null) {
      publish.node({ node: voter.name, change: "unfit", reason: identity.unfit });
      return;
    }
    const before = this.#admittedRuns[index] ?? null;
    const { clock } = this.#settings;
    // Another server that was there already when the former one answered, such as a replica that was promoted: it
    // may never have seen the leases of the former, however long it has been up.
    const isReplacement =
      before !== null && before !== identity.runId && voter.bornAt < (this.#metAt[index] ?? 0);
    if (isReplacement) voter.bornAt = clock.monotonic();
    this.#metAt[index] = clock.monotonic();
    this.#admitted[index] = identity.runId !== null && identity.runId === before;
    this.#everybodyAdmitted = false;
    if (identity.durable && !isReplacement) this.#admit(voter, "it forgets nothing in a restart");
    const reason = this.quarantine(index);
    if (reason !== undefined) {
      publish.node({ node: voter.name, change: "quarantined", reason });
      this.#waiveQuarantine();
    }
    if (this.#admitted[index]) publish.node({ node: voter.name, change: "ready", reason: undefined });
    this.#everybodyAdmitted = this.#admitted.every(Boolean);
    void this.#compareNodeSets();
  }

  /**
   * When no quorum is left without the nodes that restarted, as at the first start of everything, they must do. So
   * may those that this manager meets for the first time then: it could as well have met them all at once.
   */
  #waiveQuarantine(): void {
    if (this.#settings.restartQuarantineMs !== undefined) return;
    const now = this.#settings.clock.monotonic();
    const fresh = this.voters.filter(
      ({ identity, index }) => identity?.unfit === null && this.quarantine(index) !== undefined,
    );
    if (this.size - fresh.length < this.quorum) this.#waivedAt = now;
    else if (now - this.#waivedAt > this.#quarantineMs) return;
    for (const voter of fresh) {
      const isRestart = this.#admittedRuns[voter.index] !== null;
      if (isRestart && this.size - fresh.length >= this.quorum) continue;
      this.#admit(voter, "too few other nodes are left; leases from before their restart are not protected");
    }
  }

  #admit(voter: Voter, reason: string): void {
    if (this.#admitted[voter.index]) return;
    this.#admitted[voter.index] = true;
    this.#admittedRuns[voter.index] = voter.identity?.runId ?? null;
    this.#everybodyAdmitted = this.#admitted.every(Boolean);
    if (voter.bornAt !== -Infinity) publish.node({ node: voter.name, change: "admitted", reason });
  }

  #findDuplicates(voter: Voter): void {
    this.#conflicts.delete(voter.index);
    const runId = voter.identity?.runId ?? null;
    if (runId === null) return;
    const twin = this.voters.find((other) => other !== voter && other?.identity?.runId === runId);
    if (twin === undefined) return;
    const [first, second] = [twin, voter].sort((a, b) => a.index - b.index);
    this.#conflicts.set(
      voter.index,
      `nodes[${first?.index}] (${first?.name}) and nodes[${second?.index}] (${second?.name}) are the same server, which would vote twice; ` +
        "give independent servers",
    );
  }

  /** Tells when processes that share a prefix use sets of nodes whose quorums need not meet. */
  async #compareNodeSets(): Promise<void> {
    const ids = this.voters.map((voter) => voter.identity?.runId ?? null);
    if (ids.includes(null) || this.size === 1 || this.#conflicts.size > 0) return;
    const { clock, keyPrefix } = this.#settings;
    const now = clock.monotonic();
    const started = new Map(
      this.voters.map((voter, i) => [ids[i] ?? "", clock.wall() - (now - voter.bornAt)]),
    );
    const mine = encodeNodeSet({ nodes: [...started.keys()], at: clock.wall() });
    for (const voter of this.voters) {
      try {
        const before = await voter.node.exchange?.(keyPrefix + NODE_SET_KEY, mine, NODE_SET_TTL_MS);
        const conflict = nodeSetConflict(started, decodeNodeSet(before ?? null));
        if (conflict !== undefined) this.#warn(voter, conflict);
      } catch {
        // A node that can't keep the record has worse to tell when it is asked to vote.
      }
    }
  }

  #warn(voter: Voter, warning: string): void {
    const text = `${voter.name}: ${warning}`;
    publish.node({ node: voter.name, change: "warning", reason: warning });
    if (this.#reported.has(text)) return;
    this.#reported.add(text);
    process.emitWarning(text, { type: "RedlockKitWarning" });
  }
}
