import { randomBytes } from "node:crypto";

/** A timer that was set on a {@link Clock}. */
export interface ClockTimer {
  /** Keep the process alive until the timer has fired (how a timer starts). */
  ref(): void;
  /** Let the process end before the timer has fired. */
  unref(): void;
  /** Never fire. Harmless when it has fired. */
  cancel(): void;
}

/**
 * The only source of time and chance in this package, so that tests can hold both in their hands.
 * Leases are measured by `monotonic`; `wall` only ever shortens them.
 */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back, may stand still while the machine is suspended. */
  monotonic(): number;
  /** Milliseconds since 1970; may jump either way. */
  wall(): number;
  /** A number in [0, 1) for jitter. Never used for tokens. */
  random(): number;
  /** Calls `callback` once, `delayMs` milliseconds of monotonic time from now. */
  setTimer(callback: () => void, delayMs: number): ClockTimer;
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The clock of this machine: `performance.now()`, `Date.now()`, `setTimeout`, `Math.random()`. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  setTimer(callback, delayMs) {
    // setTimeout fires at once when it is given more than 2^31 - 1; a callback that comes early looks again.
    const timeout = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS));
    return {
      ref: () => void timeout.ref(),
      unref: () => void timeout.unref(),
      cancel: () => clearTimeout(timeout),
    };
  },
};

const TOKEN_BYTES = 16;
const POOL_TOKENS = 256;
let pool: Buffer = Buffer.alloc(0);
let used = 0;

/**
 * A fresh ownership token: 128 unguessable bits in base64url. Tokens are drawn from a pool, since
 * one call of the system's generator per lock would cost more than the rest of the acquire.
 */
export function randomToken(): string {
  if (used === pool.length) {
    pool = randomBytes(TOKEN_BYTES * POOL_TOKENS);
    used = 0;
  }
  const start = used;
  used += TOKEN_BYTES;
  // From the bytes, not from one long string: a slice of that would keep all of it alive for as long as one lease is.
  return pool.toString("base64url", start, used);
}
