import { invalidArgument, type NodeVote } from "./errors.js";
import { lockKeyNamed } from "./keys/lock-key.js";
import { nodesCouldNotTell, unavailableError } from "./lease-errors.js";
import type { ListOptions, LockNodeState, LockState } from "./lock-manager.js";
import type { LockKey } from "./node/lock-node.js";
import { requireKnown, requireObject } from "./option-checks.js";
import { inspectOnNodes, judgeHolder } from "./quorum/inspect.js";
import { listOnNodes } from "./quorum/list.js";
import type { Roster } from "./quorum/roster.js";

const OPTIONS = new Set(["pattern", "limit"]);
const MOST = 10_000;
/** So many locks are asked for at a time. */
const PORTION = 256;

/** What an inspector needs. */
export interface InspectorSettings {
  readonly roster: Roster;
  readonly nodeTimeoutMs: number;
  /** How many acquires of this process wait for a key. */
  readonly waitersFor: (key: string) => number;
}

/** Tells operators who holds what. */
export class LockInspector {
  readonly #roster: Roster;
  readonly #nodeTimeoutMs: number;
  readonly #waitersFor: (key: string) => number;

  constructor({ roster, nodeTimeoutMs, waitersFor }: InspectorSettings) {
    this.#roster = roster;
    this.#nodeTimeoutMs = nodeTimeoutMs;
    this.#waitersFor = waitersFor;
  }

  /** What is known of one lock; `null` if it is free. */
  async inspect(lockKey: LockKey): Promise<LockState | null> {
    const { key } = lockKey;
    const nodes = await inspectOnNodes(this.#roster, lockKey, this.#nodeTimeoutMs);
    const holder = judgeHolder(nodes);
    if (holder === undefined) throw unavailableError([key], "could not be inspected", nodes.map(voteOf));
    return holder && { key, ...holder, waiters: this.#waitersFor(key), nodes };
  }

  /** The locks that are held, in the order of their keys. */
  async list(options: ListOptions = {}): Promise<LockState[]> {
    const { pattern, limit } = checked(options);
    const { names, reasons } = await listOnNodes(this.#roster, pattern, limit, this.#nodeTimeoutMs);
    if (reasons.filter((reason) => reason === undefined).length < this.#roster.quorum) {
      const votes = this.#roster.voters.map(({ name: node }, index): NodeVote => {
        const reason = reasons[index];
        return reason === undefined ? { node, outcome: "free" } : { node, outcome: "unknown", reason };
      });
      throw nodesCouldNotTell(`The locks like ${JSON.stringify(pattern)} could not be listed`, [], votes);
    }
    const found = [...names].flatMap((name) => lockKeyNamed(this.#roster.keyPrefix, name) ?? []);
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    const held: LockState[] = [];
    for (let i = 0; i < found.length && held.length < limit; i += PORTION) {
      const states = await Promise.all(found.slice(i, i + PORTION).map((key) => this.inspect(key)));
      for (const state of states) if (state !== null && held.length < limit) held.push(state);
    }
    return held;
  }
}

function checked(options: ListOptions): { readonly pattern: string; readonly limit: number } {
  requireObject(options);
  requireKnown(options, OPTIONS);
  const { pattern = "*", limit = 100 } = options;
  if (typeof pattern !== "string" || pattern === "" || !pattern.isWellFormed())
    throw invalidArgument("pattern", 'must be a well-formed string such as "seat:*"');
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST)
    throw invalidArgument("limit", `must be a whole number from 1 to ${MOST}`);
  return { pattern, limit };
}

function voteOf({ node, token, reason }: LockNodeState): NodeVote {
  if (reason !== undefined) return { node, outcome: "unknown", reason };
  return { node, outcome: token === null ? "free" : "held" };
}
