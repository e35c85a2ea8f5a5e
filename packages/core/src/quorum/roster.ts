import { Agenda, AgendaItem } from "../agenda.js";
import { invalidArgument, type LockError } from "../errors.js";
import { LONGEST_TTL_KEY, NODE_SET_KEY } from "../keys/lock-key.js";
import type { NodeHealth } from "../lock-manager.js";
import type { LockKey, LockNode } from "../node/lock-node.js";
import { publish } from "../telemetry.js";
import { FenceClock } from "./fencing.js";
import { LongestTtl } from "./longest-ttl.js";
import { majorityOf } from "./majority.js";
import { decodeNodeSet, encodeNodeSet, nodeSetConflict } from "./node-set.js";
import { poll, type Question } from "./poll.js";
import { Quarantine } from "./quarantine.js";
import type { RosterSettings } from "./roster-settings.js";
import { deadlineOf } from "./validity.js";
import { Voter } from "./voter.js";

/** Nodes remember for so long which node set was used last. */
const NODE_SET_TTL_MS = 24 * 3_600_000;

class Timeout extends AgendaItem {
  override run: () => void;

  constructor(run: () => void) {
    super();
    this.run = run;
  }
}

/** All nodes of a manager: who may vote, in which order, and how they are asked. */
export class Roster {
  readonly voters: readonly Voter[];
  readonly quorum: number;
  readonly fenceClock = new FenceClock();
  readonly #settings: RosterSettings;
  readonly #agenda: Agenda;
  readonly #longestTtl: LongestTtl;
  readonly #quarantine: Quarantine;
  readonly #conflicts = new Map<number, string>();
  readonly #reported = new Set<string>();
  #closed = false;

  constructor(nodes: readonly LockNode[], settings: RosterSettings) {
    this.#settings = settings;
    this.#agenda = new Agenda(settings.clock, true);
    this.quorum = majorityOf(nodes.length);
    const voters: Voter[] = [];
    this.voters = voters;
    const { clock, keyPrefix, ttlMs } = settings;
    this.#longestTtl = new LongestTtl(voters, keyPrefix + LONGEST_TTL_KEY, ttlMs, clock);
    this.#quarantine = new Quarantine(voters, this.quorum, this.#longestTtl, settings);
    for (const [index, node] of nodes.entries()) {
      voters.push(new Voter(node, index, clock, settings.nodeTimeoutMs, (voter) => this.#identified(voter)));
    }
  }

  get keyPrefix(): string {
    return this.#settings.keyPrefix;
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

  /** Whether `event` comes within `ms`. It must not reject. */
  within(ms: number, event: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const timeout = new Timeout(() => resolve(false));
      this.#agenda.put(timeout, this.#settings.clock.monotonic() + ms);
      void event.then(() => {
        this.#agenda.remove(timeout);
        resolve(true);
      });
    });
  }

  /** A lease of `ttlMs` is about to be asked for, which nodes are told before. */
  announce(ttlMs: number): void {
    this.#longestTtl.saw(ttlMs);
  }

  /** A node's deadline for a lease of `ttlMs`. */
  deadlineFor(ttlMs: number): number {
    return deadlineOf(this.#settings.nodeTimeoutMs, ttlMs);
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

  /** Why a grant of this node does not count, or `undefined`. */
  quarantine(index: number): string | undefined {
    return this.#quarantine.reasonNotToCount(index);
  }

  /** How the nodes stand, for operators. */
  health(): Omit<NodeHealth, "notices">[] {
    return this.voters.map((voter) => {
      const { name: node, index, identity } = voter;
      const connecting = voter.node.state === "connecting" ? "not connected yet" : undefined;
      const quarantine =
        identity === undefined ? "has not said yet who it is" : this.#quarantine.reason(index);
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
    this.#closed = true;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, nodeTimeoutMs);
      void Promise.all(this.voters.map((voter) => voter.idle())).then(() => {
        timer.cancel();
        resolve();
      });
    });
    await Promise.allSettled(this.voters.map((voter) => voter.close()));
    // Whoever waits yet for a node that gives no answer is not to wait for ever.
    this.#agenda.finish();
  }

  #identified(voter: Voter): void {
    const { identity } = voter;
    if (identity === undefined) return;
    this.#findDuplicates(voter);
    for (const warning of identity.warnings) this.#warn(voter, warning);
    if (identity.unfit !== null) {
      publish.node({ node: voter.name, change: "unfit", reason: identity.unfit });
      return;
    }
    this.#quarantine.meet(voter);
    void this.#compareNodeSets();
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
    // Who may be another by now is not to be written down.
    if (this.voters.some((voter) => voter.standing() !== undefined)) return;
    const { clock, keyPrefix } = this.#settings;
    const lead = clock.wall() - clock.monotonic();
    const ours = new Map(
      this.voters.map(({ bornAt, identifiedAt }, i) => [
        ids[i] ?? "",
        { startedAt: bornAt + lead, identifiedAt: identifiedAt + lead },
      ]),
    );
    const mine = encodeNodeSet({ nodes: [...ours.keys()], at: clock.wall() });
    for (const voter of this.voters) {
      // The client can be the user's, who may end it as soon as the manager is closed.
      if (this.#closed) return;
      try {
        const before = await voter.node.exchange?.(keyPrefix + NODE_SET_KEY, mine, NODE_SET_TTL_MS);
        const conflict = nodeSetConflict(ours, decodeNodeSet(before ?? null));
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
