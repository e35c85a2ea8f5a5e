import { invalidArgument } from "./errors.js";
import { driftOf } from "./quorum/validity.js";
import type { RetryStrategy } from "./waiting/backoff.js";

/** The longest time that any option may name, in milliseconds: a year. */
const LONGEST_MS = 365 * 24 * 3_600_000;

/** A lease time that a node can keep and that leaves something after the drift. */
export function requireTtl(ttlMs: number, driftFactor: number): number {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1 || ttlMs > LONGEST_MS) {
    throw invalidArgument(
      "ttlMs",
      `must be a whole number of milliseconds from 3 to ${LONGEST_MS}, not ${show(ttlMs)}`,
    );
  }
  if (driftOf(ttlMs, driftFactor) >= ttlMs) {
    throw invalidArgument(
      "ttlMs",
      `of ${ttlMs} leaves no validity: ${driftOf(ttlMs, driftFactor)} ms of it are kept for clock drift`,
    );
  }
  return ttlMs;
}

/** A token that a node can keep. */
export function requireToken(token: unknown): string {
  if (typeof token !== "string" || token === "" || token.length > 512 || !token.isWellFormed()) {
    throw invalidArgument("token", "must be a well-formed string of 1 to 512 characters");
  }
  return token;
}

/** An object of options. */
export function requireObject(options: unknown): void {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return;
  throw invalidArgument(
    "options",
    `must be an object, not ${Array.isArray(options) ? "an array" : show(options)}`,
  );
}

/** Refuses options that nobody knows: a misspelt one must not be passed over. */
export function requireKnown(
  options: object,
  known: ReadonlySet<string>,
  extra: readonly string[] = [],
): void {
  for (const name of Object.keys(options)) {
    if (known.has(name) || extra.includes(name)) continue;
    throw invalidArgument(
      `option ${show(name)}`,
      `is not known; known are ${[...known, ...extra].join(", ")}`,
    );
  }
}

/** A time in milliseconds. */
export function requireDuration(name: string, value: number): number {
  if (typeof value !== "number" || !(value >= 0) || value > LONGEST_MS) {
    throw invalidArgument(
      name,
      `must be a number of milliseconds from 0 to ${LONGEST_MS}, not ${show(value)}`,
    );
  }
  return value;
}

/** A time in whole milliseconds, as nodes want it. */
export function requireWholeDuration(name: string, value: number): number {
  if (!Number.isSafeInteger(requireDuration(name, value))) {
    throw invalidArgument(name, `must be a whole number of milliseconds, not ${show(value)}`);
  }
  return value;
}

/** A time in milliseconds that may be endless. */
export function requireWait(name: string, value: number): number {
  if (value === Infinity) return value;
  return requireDuration(name, value);
}

/** A number of things, from 0 to `most`, which may be Infinity. */
export function requireCount(name: string, value: number, most: number): number {
  if ((Number.isSafeInteger(value) && value >= 0 && value <= most) || value === most) return value;
  const range = most === Infinity ? "an integer of at least 0 or Infinity" : `an integer from 0 to ${most}`;
  throw invalidArgument(name, `must be ${range}, not ${show(value)}`);
}

/** true or false. */
export function requireBoolean(name: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw invalidArgument(name, `must be true or false, not ${show(value)}`);
  return value;
}

/** A retry strategy. */
export function requireRetry(retry: RetryStrategy): RetryStrategy {
  if (typeof retry !== "function")
    throw invalidArgument("retry", "must be a function (attempt, random) => delayMs or null");
  return retry;
}

/** What happens to work whose lease was lost. */
export function requireOnLost(onLost: "throw" | "ignore" | undefined): "throw" | "ignore" {
  if (onLost === undefined || onLost === "throw" || onLost === "ignore") return onLost ?? "throw";
  throw invalidArgument("onLost", `must be "throw" or "ignore", not ${show(onLost)}`);
}

/** A value as it appears in messages. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return String(value);
  return `a value of type ${typeof value}`;
}
