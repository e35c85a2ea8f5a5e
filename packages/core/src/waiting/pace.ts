import type { Clock } from "../clock.js";
import { invalidArgument } from "../errors.js";
import { exponentialBackoff, type RetryStrategy } from "./backoff.js";
import type { Refusal } from "./refusal.js";

/** How often a head asks although notices arrive, in milliseconds: they are only hints. */
const RECHECK_MS = 1_000;
/** So that heads that wake when a lease expires don't come all at once. */
const WAKE_JITTER_MS = 5;
/** How long a head that one node has called waits for others to call it, too. */
const CALL_MS = 2;
/** After so many attempts in vain, calls of single nodes are answered less and less promptly. */
const PROMPT_ANSWERS = 3;

const backoff = exponentialBackoff();

/** When a strategy wants the next attempt, in milliseconds, or `null` to give up. */
export function delayOf(retry: RetryStrategy, attempts: number, random: number): number | null {
  const delayMs = retry(attempts, random);
  if (delayMs === null || (typeof delayMs === "number" && delayMs >= 0)) return delayMs;
  throw invalidArgument(
    "retry",
    `must return milliseconds of at least 0, or null to give up, not ${String(delayMs)}`,
  );
}

/**
 * When to ask again without a call, in milliseconds: at the moment when the lock can be free, and at intervals.
 *
 * @param delayMs what the waiter's own strategy wants
 * @param told whether the release of the lock is told in any case
 */
export function nextAttemptMs(
  known: Refusal | undefined,
  failures: number,
  clock: Clock,
  told: boolean,
  delayMs?: number,
): number {
  const random = clock.random();
  const held = known?.kind === "held" && !known.split;
  const intervalMs =
    delayMs ?? (held && told ? RECHECK_MS * (0.9 + random / 5) : backoffMs(failures, random));
  const freeInMs = known?.kind === "held" ? known.freeInMs : Infinity;
  return Math.min(intervalMs, freeInMs + random * WAKE_JITTER_MS);
}

/** When to answer the calls of fewer nodes than a quorum, in milliseconds. Not for ever at once: they may know no better. */
export function minorityCallMs(failures: number, clock: Clock): number {
  return failures < PROMPT_ANSWERS ? CALL_MS : backoffMs(failures, clock.random());
}

function backoffMs(failures: number, random: number): number {
  return backoff(Math.max(1, failures), random) ?? RECHECK_MS;
}
