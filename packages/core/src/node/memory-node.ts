import { type Clock, systemClock } from "../clock.js";
import { acceptsConfirm, FENCE_EPOCH_MS, FENCE_STEP, nextFence } from "../quorum/fencing.js";
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
  NodeIdentity,
  NodeState,
  ReleaseReply,
  ReleaseRequest,
} from "./lock-node.js";

/** Settings of {@link memoryNode}. */
export interface MemoryNodeOptions {
  /** The node's own clock. Default: this machine's. */
  readonly clock?: Clock;
  /** How operators know the node. Default `memory-1`, `memory-2`, … */
  readonly name?: string;
}

/** A node that keeps its locks in this process. */
export interface MemoryNode extends LockNode {
  /** How many locks and fencing counters it holds, expired ones included that were not cleared yet. */
  readonly size: { readonly locks: number; readonly fences: number };
  /** Forgets everything, as a server that restarted empty. */
  restart(): void;
}

interface Entry<T> {
  value: T;
  expiresAt: number;
}

/** What expired is cleared a few entries at a time, by the requests that come. */
const SWEEP = 2;

let made = 0;

/**
 * A node in this process, for development and tests, or for a lock within one process: share the node
 * among the managers that shall exclude each other. It is also the specification that every other kind
 * of node is tested against.
 */
export function memoryNode(options: MemoryNodeOptions = {}): MemoryNode {
  return new InMemoryNode(options.clock ?? systemClock, options.name ?? `memory-${++made}`);
}

class InMemoryNode implements MemoryNode {
  readonly name: string;
  state: NodeState = "ready";
  readonly #clock: Clock;
  readonly #locks = new Map<string, Entry<string>>();
  readonly #fences = new Map<string, Entry<number>>();
  #runs = 1;
  #bornAt = -Infinity;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.name = name;
  }

  get size(): { locks: number; fences: number } {
    return { locks: this.#locks.size, fences: this.#fences.size };
  }

  restart(): void {
    this.#locks.clear();
    this.#fences.clear();
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
    if (request.proposal > (nodeTimeMs + request.maxSkewMs - FENCE_EPOCH_MS) * FENCE_STEP) {
      return { kind: "skewed", nodeTimeMs };
    }
    const now = this.#clearExpired(request.keys);
    const fence = this.#highestFence(request.keys);
    const others = request.keys.filter(({ lock }) => {
      const entry = this.#locks.get(lock);
      return entry !== undefined && !this.#isOurs(entry, request, now);
    });
    const [first] = others;
    if (first !== undefined) {
      const holder = this.#locks.get(first.lock)?.value ?? "";
      return { kind: "held", holder, remainingMs: this.#longest(others, now), fence };
    }
    const ours = request.keys.filter(({ lock }) => this.#locks.has(lock));
    for (const key of request.keys)
      this.#keep(key.lock, request.token, now + request.ttlMs + request.lockDelayMs);
    // A lock that another library took has no counter yet.
    const counted = ours.length === request.keys.length && fence > 0;
    const next = counted ? fence : nextFence(fence, request.proposal);
    for (const key of request.keys) this.#count(key.fence, next, now + request.fenceTtlMs);
    return { kind: "granted", fence: next, fresh: ours.length === 0 };
  }

  async confirm(request: ConfirmRequest): Promise<boolean> {
    const now = this.#clearExpired(request.keys);
    const owns = request.keys.every(({ lock }) => this.#locks.get(lock)?.value === request.token);
    if (!acceptsConfirm(owns, this.#highestFence(request.keys), request.fence)) return false;
    for (const key of request.keys) this.#count(key.fence, request.fence, now + request.fenceTtlMs);
    return true;
  }

  async extend(request: ExtendRequest): Promise<ExtendReply> {
    const now = this.#clearExpired(request.keys);
    const entries = request.keys.map(({ lock }) => this.#locks.get(lock));
    const others = request.keys.filter((_, i) => {
      const entry = entries[i];
      return entry !== undefined && !this.#isOurs(entry, request, now);
    });
    if (others.length > 0) return { kind: "held", remainingMs: this.#longest(others, now) };
    const missing = entries.includes(undefined);
    if (missing && !request.repair) return { kind: "free" };
    const fence = Math.max(this.#highestFence(request.keys), request.fence);
    for (const key of request.keys) {
      this.#keep(key.lock, request.token, now + request.ttlMs + request.lockDelayMs);
      if (fence > 0) this.#count(key.fence, fence, now + request.fenceTtlMs);
    }
    return missing ? { kind: "repaired" } : { kind: "extended", fence };
  }

  async release(request: ReleaseRequest): Promise<ReleaseReply> {
    const now = this.#clearExpired(request.keys);
    let reply: ReleaseReply = "free";
    for (const { lock } of request.keys) {
      const entry = this.#locks.get(lock);
      if (entry === undefined || entry.value === keptValue(request.token ?? "")) continue;
      if (request.token !== null && !this.#isOurs(entry, request, now)) {
        if (entry.value !== request.token && reply === "free") reply = "held";
        continue;
      }
      reply = "released";
      this.#locks.delete(lock);
      if (request.keepMs > 0) this.#keep(lock, keptValue(entry.value), now + request.keepMs);
    }
    return reply;
  }

  async inspect(key: LockKey): Promise<KeyState> {
    const now = this.#clearExpired([key]);
    const { lock, fence } = key;
    const entry = this.#locks.get(lock);
    const counter = this.#fences.get(fence)?.value ?? 0;
    if (entry === undefined) return { token: null, remainingMs: 0, fence: counter };
    return { token: entry.value, remainingMs: entry.expiresAt - now, fence: counter };
  }

  async close(): Promise<void> {}

  /** A lease that is over but still in its lock delay is nobody's, not even its holder's. */
  #isOurs(
    entry: Entry<string>,
    request: { token: string | null; lockDelayMs: number },
    now: number,
  ): boolean {
    return entry.value === request.token && entry.expiresAt - now > request.lockDelayMs;
  }

  #longest(keys: readonly LockKey[], now: number): number {
    return Math.max(...keys.map(({ lock }) => (this.#locks.get(lock)?.expiresAt ?? now) - now));
  }

  #highestFence(keys: readonly LockKey[]): number {
    return Math.max(...keys.map(({ fence }) => this.#fences.get(fence)?.value ?? 0));
  }

  #keep(lock: string, value: string, expiresAt: number): void {
    const before = this.#locks.get(lock);
    this.#locks.delete(lock);
    this.#locks.set(lock, { value, expiresAt: Math.max(expiresAt, before?.expiresAt ?? 0) });
  }

  /** A counter must not be forgotten earlier than was promised to whoever holds the key now. */
  #count(fence: string, value: number, expiresAt: number): void {
    const before = this.#fences.get(fence);
    this.#fences.delete(fence);
    this.#fences.set(fence, { value, expiresAt: Math.max(expiresAt, before?.expiresAt ?? 0) });
  }

  /** The time, after clearing away what has expired of `keys`, and a little of the rest. */
  #clearExpired(keys: readonly LockKey[]): number {
    const now = this.#clock.monotonic();
    for (const { lock, fence } of keys) {
      clearIfExpired(this.#locks, lock, now);
      clearIfExpired(this.#fences, fence, now);
    }
    sweep(this.#locks, now);
    sweep(this.#fences, now);
    return now;
  }
}

function clearIfExpired(entries: Map<string, Entry<unknown>>, key: string, now: number): boolean {
  const entry = entries.get(key);
  return entry !== undefined && entry.expiresAt <= now && entries.delete(key);
}

/** Looks at the entries that were touched longest ago. */
function sweep(entries: Map<string, Entry<unknown>>, now: number): void {
  let looks = SWEEP;
  for (const key of entries.keys()) {
    if (looks-- === 0) return;
    clearIfExpired(entries, key, now);
  }
}
