import type { LockError, WithLockOptions } from "@redlock-kit/core";
import {
  checkOptions,
  functionRule,
  type OptionRule,
  type OptionRules,
  oneOfRule,
} from "@redlock-kit/core/adapter";

/** What `withLock` is given as it is; what is left out comes from the manager. */
export type LockingOptions = Pick<
  WithLockOptions,
  | "ttlMs"
  | "waitMs"
  | "mode"
  | "owner"
  | "minHoldMs"
  | "maxHoldMs"
  | "autoExtend"
  | "retry"
  | "nested"
  | "onLost"
>;

/** Options of `@Locked`. */
export interface LockedOptions<Args extends readonly unknown[] = readonly unknown[]> extends LockingOptions {
  /** The `name` of the `LockModule` whose manager locks. Default: the one without a name. */
  readonly manager?: string | undefined;
  /**
   * What a call comes to when somebody else held the lock until `waitMs` was over (`ERR_LOCK_HELD`; every other
   * failure is thrown). `throw` (default): it rejects with the error. `skip`: it resolves to `undefined`. A
   * function gets the error and the method's arguments, and gives the result.
   */
  readonly whenHeld?: "throw" | "skip" | ((error: LockError, args: Args) => unknown) | undefined;
  /**
   * `observable`: the method returns an Observable, which stays cold: each subscription takes the lock and then calls
   * the method. Default: what the compiler wrote down as the method's return type (`emitDecoratorMetadata`).
   */
  readonly returns?: "observable" | undefined;
}

/** The options of one `@Locked`, checked and sorted by who needs them. */
export interface SortedLockedOptions {
  readonly manager: string | undefined;
  readonly whenHeld: (error: LockError, args: readonly unknown[]) => unknown;
  readonly returns: "observable" | undefined;
  readonly locking: LockingOptions;
}

const whenHeldRule: OptionRule = {
  wanted: '"throw", "skip" or a function (error, args) => value',
  accepts: (value) => oneOfRule("throw", "skip").accepts(value) || functionRule("").accepts(value),
};

const rules: OptionRules = {
  lock: ["ttlMs", "waitMs", "mode", "owner", "minHoldMs", "maxHoldMs", "autoExtend", "retry", "nested"],
  own: {
    onLost: oneOfRule("throw", "ignore"),
    manager: { wanted: "the name of a LockModule", accepts: (value) => typeof value === "string" },
    whenHeld: whenHeldRule,
    returns: oneOfRule("observable"),
  },
};

/** @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for an unknown or unusable option */
export function sortLockedOptions(options: LockedOptions<never>): SortedLockedOptions {
  const { manager, whenHeld, returns, ...locking } = checkOptions(options, rules);
  return { manager, whenHeld: whenHeldFunction(whenHeld), returns, locking };
}

function whenHeldFunction(whenHeld: LockedOptions<never>["whenHeld"]): SortedLockedOptions["whenHeld"] {
  if (whenHeld === "skip") return () => undefined;
  if (typeof whenHeld === "function") return (error, args) => whenHeld(error, args as never);
  return (error) => {
    throw error;
  };
}
