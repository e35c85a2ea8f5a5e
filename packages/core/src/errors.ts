/**
 * Why a lock operation failed. The union is closed: a `switch` over it can be exhaustive.
 *
 * - `ERR_LOCK_HELD`: somebody else held the lock until the wait was over.
 * - `ERR_LOCK_UNAVAILABLE`: no quorum of nodes could be reached in time.
 * - `ERR_LOCK_LOST`: the lease ended before its work did.
 * - `ERR_LOCK_NOT_HOLDER`: the token does not hold the key.
 * - `ERR_LOCK_ABORTED`: the caller's signal fired while waiting.
 * - `ERR_LOCK_NESTED`: this async context already holds the key.
 * - `ERR_LOCK_OVERLOADED`: too many waiters for one key in this process.
 * - `ERR_LOCK_CLOSED`: the manager is closed or closing.
 * - `ERR_LOCK_INVALID_ARGUMENT`: a key, duration, option or client is not usable.
 */
export type LockErrorCode =
  | "ERR_LOCK_HELD"
  | "ERR_LOCK_UNAVAILABLE"
  | "ERR_LOCK_LOST"
  | "ERR_LOCK_NOT_HOLDER"
  | "ERR_LOCK_ABORTED"
  | "ERR_LOCK_NESTED"
  | "ERR_LOCK_OVERLOADED"
  | "ERR_LOCK_CLOSED"
  | "ERR_LOCK_INVALID_ARGUMENT";

/** What one node answered. `unknown` is a third answer beside yes and no, and `reason` says why. */
export interface NodeVote {
  /** The node's name, such as `10.0.0.5:6379`. */
  readonly node: string;
  /**
   * `granted`: the node holds the key for the token in question · `held`: it holds it for another ·
   * `free`: it holds it for nobody · `unknown`: it gave no usable answer.
   */
  readonly outcome: "granted" | "held" | "free" | "unknown";
  /** For `held`: milliseconds until the other's lease ends on this node, if it is not extended. */
  readonly remainingMs?: number;
  /** For `unknown`: what went wrong, in words for an operator. */
  readonly reason?: string;
}

/** What a {@link LockError} is made of, beside its code and message. */
export interface LockErrorDetails {
  /** The keys of the operation, in canonical order. */
  readonly keys?: readonly string[] | undefined;
  /** Per-node outcome. */
  readonly votes?: readonly NodeVote[] | undefined;
  /** Milliseconds after which another try makes sense. */
  readonly retryAfterMs?: number | undefined;
  /** The error or abort reason behind this one. */
  readonly cause?: unknown;
  /** The value of work that ended after its lease was lost. */
  readonly result?: unknown;
}

const BRAND = Symbol.for("redlock-kit.LockError");

/** The one error class of the kit. Tell its kinds apart by {@link LockError.code}. */
export class LockError extends Error {
  /** Which failure this is. */
  readonly code: LockErrorCode;
  /** The first key of the operation; `""` where no key was involved. */
  readonly key: string;
  /** All keys of the operation, in canonical order. */
  readonly keys: readonly string[];
  /** What each node answered; empty where no node was asked. */
  readonly votes: readonly NodeVote[];
  /** Milliseconds after which another try makes sense; for `ERR_LOCK_HELD` when the lock can be free at the latest. */
  readonly retryAfterMs: number | undefined;
  /** For `ERR_LOCK_LOST` from `withLock`: what the work returned although its lease was over. */
  readonly result: unknown;

  /** Marks instances across copies of this package; {@link isLockError} looks for it. */
  readonly [BRAND] = true;

  constructor(code: LockErrorCode, message: string, details: LockErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.keys = details.keys ?? [];
    this.key = this.keys[0] ?? "";
    this.votes = details.votes ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.result = details.result;
  }

  static {
    this.prototype.name = "LockError";
  }
}

/**
 * Whether `error` is a {@link LockError}, and of `code` if one is given. Works across copies and
 * versions of the package, where `instanceof` does not.
 */
export function isLockError(error: unknown, code?: LockErrorCode): error is LockError {
  if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
  return code === undefined || (error as LockError).code === code;
}

/**
 * An `ERR_LOCK_INVALID_ARGUMENT`.
 *
 * @param argument the name of what is wrong, such as `ttlMs` or `nodes[1]`
 * @param problem what is wrong with it and what is wanted, as the rest of a sentence
 */
export function invalidArgument(argument: string, problem: string, keys?: readonly string[]): LockError {
  return new LockError("ERR_LOCK_INVALID_ARGUMENT", `${argument} ${problem}`, { keys });
}

/** A key as it appears in messages: quoted, and cut where it is long. */
export function quoteKeys(keys: readonly string[]): string {
  return keys.map((key) => JSON.stringify(key.length > 120 ? `${key.slice(0, 117)}...` : key)).join(", ");
}

/** Votes in one line for a message: `a:1 granted, b:2 held for 350 ms, c:3 unknown (silent)`. */
export function describeVotes(votes: readonly NodeVote[]): string {
  return votes
    .map((vote) => {
      if (vote.outcome === "unknown") return `${vote.node} unknown (${vote.reason ?? "no answer"})`;
      if (vote.remainingMs === undefined) return `${vote.node} ${vote.outcome}`;
      return `${vote.node} ${vote.outcome} for ${Math.ceil(vote.remainingMs)} ms`;
    })
    .join(", ");
}
