import type { Clock } from "../clock.js";

/**
 * The part of a lease time that is given up because clocks run at different speeds, in milliseconds;
 * 2 ms of it for the precision with which a server expires keys.
 * Source: the Redis documentation, "Distributed Locks with Redis" (CLOCK_DRIFT).
 */
export function driftOf(ttlMs: number, driftFactor: number): number {
  return ttlMs * driftFactor + 2;
}

/** How long a node may take to answer for a lease of `ttlMs`, in milliseconds: waiting longer would eat up the lease. */
export function deadlineOf(nodeTimeoutMs: number, ttlMs: number): number {
  return Math.min(nodeTimeoutMs, ttlMs / 5);
}

/** One moment by both clocks. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/** Now, by both clocks. */
export function instant(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.wall() };
}

/** So many milliseconds before. */
export function earlier({ monotonic, wall }: Instant, ms: number): Instant {
  return { monotonic: monotonic - ms, wall: wall - ms };
}

/**
 * The last moment for which a lease of `ttlMs` can be proven whose first request left at `start`. The
 * node's own time starts later, when the request arrives, so this errs on the safe side.
 */
export function validUntil(start: Instant, ttlMs: number, driftFactor: number): Instant {
  const validity = ttlMs - driftOf(ttlMs, driftFactor);
  return { monotonic: start.monotonic + validity, wall: start.wall + validity };
}

/**
 * What is left until `end`, in milliseconds, never below 0. The monotonic clock decides; it stands still
 * while a machine is suspended and the wall clock does not, so the smaller of the two is what can be proven.
 */
export function remainingUntil(end: Instant, clock: Clock): number {
  return Math.max(0, Math.min(end.monotonic - clock.monotonic(), end.wall - clock.wall()));
}

/** The later of two ends. */
export function laterOf(a: Instant, b: Instant): Instant {
  return a.monotonic >= b.monotonic ? a : b;
}
