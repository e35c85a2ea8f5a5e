import { AutoExtend } from "./auto-extend.js";
import type { Clock } from "./clock.js";
import type { LockError } from "./errors.js";
import { HeldLease } from "./held-lease.js";
import { idOfAdopted, type LeaseGrant } from "./lease-grant.js";
import type { HandOver, LeaseHome, LeaseTerms, LossWatcher } from "./lease-home.js";
import type { ResolvedOptions } from "./options.js";
import type { Roster } from "./quorum/roster.js";
import { publish } from "./telemetry.js";

/** Nodes remember counters for so long at least, in milliseconds. */
const SHORTEST_FENCE_TTL_MS = 3_600_000;

/** Who waits for what the leases hold. */
export interface Successors {
  handOver(keys: readonly string[]): HandOver | undefined;
  /** A lease has ended without a release: its keys may be free. */
  freed(keys: readonly string[]): void;
}

/** The leases that a manager holds, and what became of those that it held. */
export class HeldLeases implements LeaseHome<HeldLease> {
  readonly roster: Roster;
  readonly clock: Clock;
  readonly wallLeadMs: number;
  readonly driftFactor: number;
  readonly lockDelayMs: number;
  readonly counts = { acquired: 0, extended: 0, released: 0, lost: 0 };
  readonly #maxSkewMs: number;
  readonly #successors: Successors;
  readonly #held = new Map<string, HeldLease>();
  /** Who wants to hear of which loss. Not in the leases, since few are watched, and every field is one of all. */
  readonly #watchers = new Map<HeldLease, Set<LossWatcher>>();
  /** The terms of the last lease, which the next one mostly has, too. */
  #terms: LeaseTerms<HeldLease> | undefined;
  readonly #autoExtend: AutoExtend;

  constructor(roster: Roster, options: ResolvedOptions, successors: Successors) {
    this.roster = roster;
    this.#successors = successors;
    this.clock = options.clock;
    this.wallLeadMs = options.clock.wall() - options.clock.monotonic();
    this.driftFactor = options.driftFactor;
    this.lockDelayMs = options.lockDelayMs;
    this.#maxSkewMs = options.maxSkewMs;
    this.#autoExtend = new AutoExtend(options.clock, () => this.#held.values());
  }

  get size(): number {
    return this.#held.size;
  }

  all(): HeldLease[] {
    return [...this.#held.values()];
  }

  /** The lease of exactly these keys under this token, if it is held here. */
  find(keys: readonly string[], token: string): HeldLease | undefined {
    const lease = this.#held.get(token) ?? this.#held.get(idOfAdopted(keys, token));
    const own = lease?.keys;
    return own?.length === keys.length && own.every((key, i) => key === keys[i]) ? lease : undefined;
  }

  /** Whether one of these keys is held here under this token. */
  holds(keys: readonly string[], token: string): boolean {
    for (const lease of this.#held.values())
      if (lease.token === token && lease.keys.some((key) => keys.includes(key))) return true;
    return false;
  }

  /** Makes a lease of a grant and looks after it until it has ended. */
  add(grant: LeaseGrant): HeldLease {
    const lease = new HeldLease(grant, this.#termsOf(grant));
    this.#held.set(lease.id, lease);
    this.#autoExtend.schedule(lease, lease.acquiredAt);
    this.counts.acquired++;
    return lease;
  }

  /**
   * Longer than the longest lease and twice the skew: then the clock part of a proposal is above every counter
   * that was forgotten. Not for ever, or every key that was ever locked would stay.
   */
  fenceTtlFor(ttlMs: number): number {
    return Math.max(SHORTEST_FENCE_TTL_MS, 2 * (ttlMs + this.lockDelayMs + this.#maxSkewMs));
  }

  due(lease: HeldLease): void {
    this.#autoExtend.due(lease);
  }

  leewayOf(lease: HeldLease): number {
    return this.#autoExtend.leewayOf(lease);
  }

  extended(lease: HeldLease): void {
    this.counts.extended++;
    this.#autoExtend.schedule(lease, this.clock.monotonic());
  }

  ended(lease: HeldLease, loss: LockError | undefined): void {
    this.#autoExtend.remove(lease);
    if (this.#held.get(lease.id) === lease) this.#held.delete(lease.id);
    const watchers = this.#watchers.get(lease);
    this.#watchers.delete(lease);
    if (loss === undefined) {
      this.counts.released++;
      return;
    }
    this.counts.lost++;
    const { keys, owner, fencingToken } = lease;
    publish.lost(() => ({ keys, owner, fencingToken, remainingMs: 0, error: loss, votes: loss.votes }));
    this.#successors.freed(keys);
    for (const onLost of watchers ?? []) tell(onLost, loss);
  }

  watchLoss(lease: HeldLease, onLost: LossWatcher): () => void {
    const watchers = this.#watchers.get(lease) ?? new Set();
    this.#watchers.set(lease, watchers.add(onLost));
    return () => {
      if (watchers.delete(onLost) && watchers.size === 0) this.#watchers.delete(lease);
    };
  }

  handOver(keys: readonly string[]): HandOver | undefined {
    return this.#successors.handOver(keys);
  }

  #termsOf({ ttlMs, owner, autoExtend, minHoldMs, maxHoldMs }: LeaseGrant): LeaseTerms<HeldLease> {
    const last = this.#terms;
    const alike =
      last?.ttlMs === ttlMs &&
      last.owner === owner &&
      last.autoExtend === autoExtend &&
      last.minHoldMs === minHoldMs &&
      last.maxHoldMs === maxHoldMs;
    if (alike) return last;
    this.#terms = { home: this, ttlMs, owner, autoExtend, minHoldMs, maxHoldMs };
    return this.#terms;
  }

  /** Stops looking after leases. */
  close(): void {
    this.#autoExtend.close();
  }
}

/** As a signal would: what a listener throws is no matter of whoever finds that a lease is lost. */
function tell(onLost: LossWatcher, loss: LockError): void {
  try {
    onLost(loss);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
