import { invalidArgument } from "../errors.js";

/**
 * How long to wait before the next attempt, in milliseconds, or `null` to give up.
 *
 * @param attempt how many attempts have failed: 1 after the first
 * @param random a number in [0, 1) for jitter
 */
export type RetryStrategy = (attempt: number, random: number) => number | null;

/** Settings of {@link exponentialBackoff}, in milliseconds. */
export interface ExponentialBackoffOptions {
  /** The longest delay after the first failure. Default 10. */
  readonly minMs?: number;
  /** The longest delay at all. Default 250. */
  readonly maxMs?: number;
  /** By how much the longest delay grows from failure to failure. Default 2. */
  readonly factor?: number;
}

/** The same delay every time, give or take `jitterMs` (default: a tenth of the delay), so that waiters don't keep step. */
export function fixedDelay(delayMs: number, jitterMs: number = delayMs / 10): RetryStrategy {
  requireDelay("delayMs", delayMs);
  requireDelay("jitterMs", jitterMs);
  return (_attempt, random) => Math.max(0, delayMs + (2 * random - 1) * jitterMs);
}

/**
 * A random delay between half of a bound and the bound, which doubles from failure to failure.
 * Source: "Exponential Backoff And Jitter" (AWS Architecture Blog), the variant with equal jitter.
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): RetryStrategy {
  const { minMs = 10, maxMs = 250, factor = 2 } = options;
  requireDelay("minMs", minMs);
  requireDelay("maxMs", maxMs);
  if (maxMs < minMs) throw invalidArgument("maxMs", `must be at least minMs (${minMs}), not ${maxMs}`);
  if (!(factor >= 1) || !Number.isFinite(factor)) {
    throw invalidArgument("factor", `must be a finite number of at least 1, not ${String(factor)}`);
  }
  return (attempt, random) => {
    // The power overflows to Infinity some day, which times 0 is no number.
    const bound = minMs === 0 ? 0 : Math.min(maxMs, minMs * factor ** (attempt - 1));
    return bound / 2 + (random * bound) / 2;
  };
}

/** `strategy`, but giving up after `attempts` attempts in all. */
export function limitAttempts(strategy: RetryStrategy, attempts: number): RetryStrategy {
  if (typeof strategy !== "function")
    throw invalidArgument("strategy", "must be a function (attempt, random) => delayMs");
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    throw invalidArgument("attempts", `must be an integer of at least 1, not ${String(attempts)}`);
  }
  return (attempt, random) => (attempt >= attempts ? null : strategy(attempt, random));
}

function requireDelay(name: string, value: number): void {
  if (!(value >= 0) || !Number.isFinite(value)) {
    throw invalidArgument(
      name,
      `must be a finite number of milliseconds of at least 0, not ${String(value)}`,
    );
  }
}
