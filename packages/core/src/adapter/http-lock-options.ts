import type { AcquireOptions } from "../lock-manager.js";
import { DURATION_RULE, functionRule, oneOfRule, type OptionRules } from "./adapter-options.js";
import { HELD_STATUSES, type HeldStatus } from "./http-answer.js";

/** The options that every HTTP middleware has; the functions it adds are of its framework's types. */
export interface HttpLockOptions
  extends Pick<AcquireOptions, "ttlMs" | "waitMs" | "mode" | "owner" | "minHoldMs" | "maxHoldMs"> {
  /**
   * For how long the lock stays with a handler whose client has left and that does not end its response, in
   * milliseconds. Default: the lease's `ttlMs`.
   */
  readonly graceMs?: number | undefined;
  /** The status that says that somebody else holds the lock. Default 423. */
  readonly statusCode?: HeldStatus | undefined;
  /**
   * What happens when no quorum of nodes can be reached: `reject` (default) answers 503, `pass` runs the handler
   * without a lock.
   */
  readonly onUnavailable?: "reject" | "pass" | undefined;
}

/** Checks {@link HttpLockOptions}, `whenHeld` and `skip`. */
export const HTTP_LOCK_RULES: OptionRules = {
  lock: ["ttlMs", "waitMs", "mode", "owner", "minHoldMs", "maxHoldMs"],
  own: {
    graceMs: DURATION_RULE,
    statusCode: oneOfRule(...HELD_STATUSES),
    onUnavailable: oneOfRule("reject", "pass"),
    whenHeld: functionRule("that decides what a refused request gets"),
    skip: functionRule("(request) => boolean"),
  },
};
