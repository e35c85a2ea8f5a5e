import type { AgendaItem } from "./agenda.js";
import type { Clock } from "./clock.js";
import type { LockError } from "./errors.js";
import type { Roster } from "./quorum/roster.js";

/** What the scheduler keeps with a lease. */
export interface Upkeep extends AgendaItem {
  schedule(): void;
}

/** What the leases of one manager share. */
export interface LeaseHome<Lease> {
  readonly roster: Roster;
  readonly clock: Clock;
  readonly driftFactor: number;
  readonly lockDelayMs: number;
  /** For how long nodes remember the counter of a lease of `ttlMs`. */
  fenceTtlFor(ttlMs: number): number;
  /** Called when an extension was confirmed, and the lease ends later than before. */
  extended(lease: Lease): void;
  /** Called once when a lease has ended; `loss` if it was not released. */
  ended(lease: Lease, loss: LockError | undefined): void;
  /** Called right before a lease over `keys` is released: what is to be done for waiters of this process. */
  handOver(keys: readonly string[]): HandOver | undefined;
}

/** What a release does for the waiters of its process. */
export interface HandOver {
  /** Whether the nodes shall wake nobody, since the next waiter asks right behind. */
  readonly quiet: boolean;
  /** Has the next waiters ask. Called when the release has left. */
  next(): void;
}
