import { type Clock, systemClock } from "../clock.js";
import { acceptsConfirm, fenceFloor, isAhead, nextFence, repairedFence } from "../quorum/fencing.js";
import { type Entry, ExpiringMap } from "./expiring-map.js";
import { FenceCounters } from "./fence-counters.js";
import { nameMatcher } from "./glob.js";
import { keptValue } from "./kept-value.js";
import type {
  ConfirmRequest,
  ExtendReply,
  ExtendRequest,
  GrantReply,
  GrantRequest,
  KeyState,
  LockKey,
  LockNode,
  LockPage,
  NodeIdentity,
  NodeState,
  NoticeSubscription,
  ReleaseReply,
  ReleaseRequest,
  WithdrawRequest,
} from "./lock-node.js";
import { isFreeFor, isReserved, RESERVED_MS, reservedFor } from "./reserved.js";
import { WaitQueues } from "./wait-queues.js";

/** Settings of {@link memoryNode}. */
export interface MemoryNodeOptions {
  /** The node's own clock. Default: this machine's. */
  readonly clock?: Clock;
  /** How operators know the node. Default `memory-1`, `memory-2`, … */
  readonly name?: string;
}

/** A node that keeps its locks in this process. */
export interface MemoryNode extends LockNode {
  /** How many locks, fencing counters and wait queues it holds, expired ones included that were not cleared yet. */
  readonly size: { readonly locks: number; readonly fences: number; readonly queues: number };
  /** Forgets everything, as a server that restarted empty. */
  restart(): void;
}

type Ownership = Pick<ReleaseRequest, "token" | "lockDelayMs">;
let made = 0;

/**
 * A node in this process, for development and tests, or for a lock within one process: share it among the managers that
 * shall exclude each other. It is also the specification that every other kind of node is tested against.
 */
export function memoryNode(options: MemoryNodeOptions = {}): MemoryNode {
  return new InMemoryNode(options.clock ?? systemClock, options.name ?? `memory-${++made}`);
}

class InMemoryNode implements MemoryNode {
  readonly name: string;
  state: NodeState = "ready";
  readonly #clock: Clock;
  readonly #locks = new ExpiringMap<string>();
  readonly #fences: FenceCounters;
  readonly #queues = new WaitQueues();
  readonly #ttls = new ExpiringMap<number>();
  #runs = 1;
  #bornAt = -Infinity;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.#fences = new FenceCounters(clock);
    this.name = name;
  }

  get size(): { locks: number; fences: number; queues: number } {
    return { locks: this.#locks.size, fences: this.#fences.size, queues: this.#queues.size };
  }

  restart(): void {
    this.#locks.clear();
    this.#fences.clear();
    this.#queues.clear();
    this.#ttls.clear();
    this.#runs++;
    this.#bornAt = this.#clock.monotonic();
    for (const state of ["disconnected", "ready"] as const) {
      this.state = state;
      for (const listener of this.#listeners) listener();
    }
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async identify(): Promise<NodeIdentity> {
    const uptimeMs = this.#clock.monotonic() - this.#bornAt;
    return { runId: `${this.name}/${this.#runs}`, uptimeMs, unfit: null, warnings: [] };
  }

  async grant(request: GrantRequest): Promise<GrantReply> {
    const nodeTimeMs = this.#clock.wall();
    if (isAhead(request.proposal, nodeTimeMs + request.maxSkewMs)) return { kind: "skewed", nodeTimeMs };
    const { keys, place } = request;
    const now = this.#begin();
    const fence = this.#fences.highest(keys);
    let first: LockKey | undefined;
    let remainingMs = 0;
    for (const key of keys) {
      const entry = this.#locks.get(key.lock, now);
      if (entry === undefined || isFreeFor(place, entry.value) || this.#isOurs(entry, request, now)) continue;
      first ??= key;
      remainingMs = Math.max(remainingMs, entry.expiresAt - now);
    }
    if (first !== undefined) {
      for (const key of keys) if (place) this.#passOn(key, reservedFor(place.process), now);
      if (place) this.#queues.enrol(first.queue, place.process, place.ticket ?? request.proposal, now);
      return { kind: "held", holder: this.#locks.get(first.lock, now)?.value ?? "", remainingMs, fence };
    }
    let ours = 0;
    for (const { lock, queue } of keys) {
      const value = this.#locks.get(lock, now)?.value;
      if (value !== undefined && isFreeFor(place, value)) this.#locks.delete(lock);
      else if (value !== undefined) ours++;
      this.#locks.keep(lock, request.token, now + request.ttlMs + request.lockDelayMs);
      if (place?.ticket !== undefined) this.#queues.remove(queue, place.process, now);
    }
    // A lock that another library took has no counter yet.
    const counted = ours === keys.length && fence > 0;
    const floor = fenceFloor(nodeTimeMs, request.ttlMs + request.lockDelayMs);
    const next = counted ? fence : nextFence(fence, request.proposal, floor);
    this.#fences.keepAll(keys, next, request.fenceTtlMs);
    return { kind: "granted", fence: next, fresh: ours === 0 };
  }

  async confirm(request: ConfirmRequest): Promise<boolean> {
    const now = this.#begin();
    const owns = request.keys.every(({ lock }) => this.#locks.get(lock, now)?.value === request.token);
    if (!acceptsConfirm(owns, this.#fences.highest(request.keys), request.fence)) return false;
    this.#fences.keepAll(request.keys, request.fence, request.fenceTtlMs);
    return true;
  }

  async extend(request: ExtendRequest): Promise<ExtendReply> {
    const now = this.#begin();
    const entries = request.keys.map(({ lock }) => this.#locks.get(lock, now));
    const others = entries.flatMap((entry) =>
      entry === undefined || this.#isOurs(entry, request, now) ? [] : [entry],
    );
    if (others.length > 0)
      return { kind: "held", remainingMs: Math.max(...others.map((entry) => entry.expiresAt - now)) };
    const missing = entries.includes(undefined);
    if (missing && !request.repair) return { kind: "free" };
    const known = this.#fences.highest(request.keys);
    const fence = missing ? repairedFence(known, request.fence) : Math.max(known, request.fence);
    for (const { lock } of request.keys)
      this.#locks.keep(lock, request.token, now + request.ttlMs + request.lockDelayMs);
    if (fence > 0) this.#fences.keepAll(request.keys, fence, request.fenceTtlMs);
    return missing ? { kind: "repaired" } : { kind: "extended", fence };
  }

  async release(request: ReleaseRequest): Promise<ReleaseReply> {
    const now = this.#begin();
    let reply: ReleaseReply = "free";
    for (const key of request.keys) {
      const { lock } = key;
      const entry = this.#locks.get(lock, now);
      if (entry === undefined || entry.value === keptValue(request.token ?? "")) continue;
      if (isReserved(entry.value) && entry.value !== request.token) continue;
      if (request.token !== null && !this.#isOurs(entry, request, now)) {
        if (entry.value !== request.token && reply === "free") reply = "held";
        continue;
      }
      reply = "released";
      this.#locks.delete(lock);
      if (request.keepMs > 0) this.#locks.keep(lock, keptValue(entry.value), now + request.keepMs);
      else if (!request.quiet) this.#offer(key, now);
    }
    return reply;
  }

  async withdraw({ keys, process }: WithdrawRequest): Promise<void> {
    const now = this.#begin();
    for (const key of keys) {
      this.#queues.remove(key.queue, process, now);
      this.#passOn(key, reservedFor(process), now);
      if (this.#locks.get(key.lock, now) === undefined) this.#offer(key, now);
    }
  }

  listen(process: string, hear: (lock: string) => void): NoticeSubscription {
    return this.#queues.listen(process, hear);
  }

  async inspect(key: LockKey): Promise<KeyState> {
    const now = this.#begin();
    const entry = this.#locks.get(key.lock, now);
    const fence = this.#fences.highest([key]);
    if (entry === undefined || isReserved(entry.value)) return { token: null, remainingMs: 0, fence };
    return { token: entry.value, remainingMs: entry.expiresAt - now, fence };
  }

  async list(prefix: string, pattern: string): Promise<LockPage> {
    return { names: [...this.#locks.keys()].filter(nameMatcher(prefix, pattern)), next: null };
  }

  async announce(record: string, ttlMs: number, lifeMs: number): Promise<number> {
    const now = this.#begin();
    const longest = Math.max(this.#ttls.get(record, now)?.value ?? 0, ttlMs);
    if (longest === ttlMs) this.#ttls.keep(record, ttlMs, now + lifeMs);
    return longest;
  }

  async close(): Promise<void> {}

  /** Keeps a lock that has become free for the process whose turn it is. */
  #offer({ lock, queue }: LockKey, now: number): void {
    const process = this.#queues.callNext(queue, lock, now);
    if (process !== undefined) this.#locks.keep(lock, reservedFor(process), now + RESERVED_MS);
  }

  /** Gives what was kept for one process to the next. */
  #passOn(key: LockKey, kept: string, now: number): void {
    if (this.#locks.get(key.lock, now)?.value !== kept) return;
    this.#locks.delete(key.lock);
    this.#offer(key, now);
  }

  /** A lease that is over but still in its lock delay is nobody's, not even its holder's. */
  #isOurs(entry: Entry<string>, { token, lockDelayMs }: Ownership, now: number): boolean {
    return entry.value === token && entry.expiresAt - now > lockDelayMs;
  }

  /** The time of a request, each of which clears away a little of what has expired. */
  #begin(): number {
    const now = this.#clock.monotonic();
    this.#locks.sweep(now);
    this.#fences.sweep();
    this.#queues.sweep(now);
    return now;
  }
}
