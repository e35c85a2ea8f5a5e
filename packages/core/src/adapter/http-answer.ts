import type { LockError, LockErrorCode } from "../errors.js";
import { isUnusableValue } from "../keys/unusable-value.js";

/** The statuses by which a server may say that somebody else holds the lock. */
export const HELD_STATUSES = [423, 409, 429, 503] as const;

/** How a server says that somebody else holds the lock. 423 is told apart from a conflict of the domain (409). */
export type HeldStatus = (typeof HELD_STATUSES)[number];

/** The body of an answer, as in RFC 9457, with `code` as its extension. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The path of the request, without its query. */
  readonly instance: string;
  readonly code: LockErrorCode;
}

/** What an HTTP client is told of a {@link LockError}: never a key, a token, an owner or the name of a node. */
export interface HttpAnswer {
  readonly status: number;
  /** All that must be sent but `Content-Length`; the names are lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemDetails;
}

/** What {@link httpAnswer} needs to know beside the error. */
export interface HttpAnswerContext {
  /** The target of the request as it was received, such as Express's `originalUrl`. */
  readonly url: string;
  /** The status for `ERR_LOCK_HELD`. Default 423. */
  readonly heldStatus?: HeldStatus | undefined;
}

/** Headers that describe a body; whoever answers takes those of another body away. */
export const REPRESENTATION_HEADERS = [
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-range",
  "etag",
  "last-modified",
  "transfer-encoding",
] as const;

const DOCUMENTATION = "https://github.com/redlock-kit/redlock-kit/blob/main/docs/errors.md";

const answers = {
  ERR_LOCK_HELD: [423, "Locked", "Somebody else is working on this at the moment. Try again later."],
  ERR_LOCK_UNAVAILABLE: [
    503,
    "Lock service unavailable",
    "The lock could not be taken: too few of its nodes answered.",
  ],
  ERR_LOCK_LOST: [
    503,
    "Lock lost",
    "The lock ended before the work did. What became of the work is not known.",
  ],
  ERR_LOCK_NOT_HOLDER: [
    409,
    "Not the holder of the lock",
    "The token that was given does not hold this lock.",
  ],
  ERR_LOCK_ABORTED: [503, "Wait for the lock aborted", "The wait for the lock was given up."],
  ERR_LOCK_NESTED: [
    500,
    "Lock taken twice",
    "The server tried to take a lock that it already holds for this request.",
  ],
  ERR_LOCK_OVERLOADED: [
    503,
    "Too many requests are waiting",
    "Too many requests are waiting for this lock already.",
  ],
  ERR_LOCK_CLOSED: [503, "Shutting down", "The server takes no locks any more: it is shutting down."],
  ERR_LOCK_INVALID_ARGUMENT: [
    400,
    "Lock key not usable",
    "The lock can't be taken with what the request holds.",
  ],
} as const satisfies Record<LockErrorCode, readonly [status: number, title: string, detail: string]>;

/**
 * The answer to a request that failed with `error`: problem+json, with `Retry-After` for every 503 and for a held
 * lock, by whatever status that is told.
 */
export function httpAnswer(error: LockError, context: HttpAnswerContext): HttpAnswer {
  const [usualStatus, title, usualDetail] = answers[error.code];
  const isHeld = error.code === "ERR_LOCK_HELD";
  const status = (isHeld ? context.heldStatus : undefined) ?? usualStatus;
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(isHeld || status === 503 ? { "retry-after": String(wholeSeconds(error.retryAfterMs)) } : {}),
    },
    body: {
      type: `${DOCUMENTATION}#${error.code.toLowerCase()}`,
      title,
      status,
      // Other messages are for the program's own people: they name keys and nodes.
      detail: isUnusableValue(error) ? `${error.message}.` : usualDetail,
      instance: pathOf(context.url),
      code: error.code,
    },
  };
}

/** At least 1: 0 would invite a busy loop. A lock without an end (Infinity) can be freed at any time, so 1 as well. */
function wholeSeconds(milliseconds: number | undefined): number {
  return Number.isFinite(milliseconds) ? Math.max(1, Math.ceil((milliseconds as number) / 1000)) : 1;
}

/** Without query, and without the scheme, credentials and host of an absolute-form target. */
function pathOf(url: string): string {
  return url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "") || "/";
}
