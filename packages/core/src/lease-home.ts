import type { Clock } from "./clock.js";
import type { LockError } from "./errors.js";
import type { Roster } from "./quorum/roster.js";

/** What the leases of one manager share. */
export interface LeaseHome<Lease> {
  readonly roster: Roster;
  readonly clock: Clock;
  /** By how many milliseconds the wall clock was ahead of the monotonic one when the manager was made. */
  readonly wallLeadMs: number;
  readonly driftFactor: number;
  readonly lockDelayMs: number;
  /** For how long nodes remember the counter of a lease of `ttlMs`. */
  fenceTtlFor(ttlMs: number): number;
  /** Called when a lease that stands on the agenda is due. */
  due(lease: Lease): void;
  /** By how many milliseconds that may be early. */
  leewayOf(lease: Lease): number;
  /** Called when an extension was confirmed, and the lease ends later than before. */
  extended(lease: Lease): void;
  /** Called once when a lease has ended; `loss` if it was not released. */
  ended(lease: Lease, loss: LockError | undefined): void;
  /** Has somebody told of the loss of a lease; returns how to stop it. */
  watchLoss(lease: Lease, onLost: LossWatcher): () => void;
  /** Called right before a lease over `keys` is released: what is to be done for waiters of this process. */
  handOver(keys: readonly string[]): HandOver | undefined;
}

/** Hears that a lease is lost. */
export type LossWatcher = (loss: LockError) => void;

/** What a release does for the waiters of its process. */
export interface HandOver {
  /** Whether the nodes shall wake nobody, since the next waiter asks right behind. */
  readonly quiet: boolean;
  /** Has the next waiters ask. Called when the release has left. */
  next(): void;
}

/** What leases share that were asked for alike. */
export interface LeaseTerms<Lease> {
  readonly home: LeaseHome<Lease>;
  readonly ttlMs: number;
  readonly owner: string | undefined;
  readonly autoExtend: boolean;
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
}
