import { invalidArgument } from "../errors.js";
import type { AcquireOptions, LockManager } from "../lock-manager.js";
import { resolveLockOptions, resolveManagerOptions } from "../options.js";

/** What an option of an adapter must be. */
export interface OptionRule {
  /** The rest of "must be …". */
  readonly wanted: string;
  accepts(value: unknown): boolean;
}

/** The options that an adapter takes. */
export interface OptionRules {
  /** Options that go on to the manager: checked as it would, but where they are declared. */
  readonly lock: readonly (keyof AcquireOptions)[];
  /** Options of the adapter itself. */
  readonly own: Readonly<Record<string, OptionRule>>;
}

/** Milliseconds of at least 0; Infinity is allowed. */
export const DURATION_RULE: OptionRule = {
  wanted: "a number of milliseconds of at least 0",
  accepts: (value) => typeof value === "number" && value >= 0,
};

/** A function of the signature that `wanted` shows. */
export function functionRule(signature: string): OptionRule {
  return { wanted: `a function ${signature}`, accepts: (value) => typeof value === "function" };
}

/** One of the given values. */
export function oneOfRule(...values: readonly (string | number)[]): OptionRule {
  return {
    wanted: values.map((value) => JSON.stringify(value)).join(" or "),
    accepts: (value) => values.some((known) => known === value),
  };
}

// Lends its checks to option objects that are declared before their manager is known. No drift: the real manager
// has the last word on whether a ttl leaves anything after its own.
const anyManager = resolveManagerOptions({ nodes: [], driftFactor: 0 });

/**
 * Checks options where they are declared, so that a mistake is seen at the start and not on the first request.
 *
 * @returns a frozen copy without the options that are `undefined`, so that copies can be spread over one another
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`, naming the option and, for an unknown one, the one probably meant
 */
export function checkOptions<Options extends object>(
  options: Options,
  rules: OptionRules,
): Readonly<Options> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw invalidArgument("options", "must be an object");
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const known = [...rules.lock, ...Object.keys(rules.own)];
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw invalidArgument(`option ${JSON.stringify(name)}`, `is not known${hint(name, known)}`);
  }
  const isLockOption = (name: string): boolean => (rules.lock as readonly string[]).includes(name);
  resolveLockOptions(Object.fromEntries(given.filter(([name]) => isLockOption(name))), anyManager);
  for (const [name, value] of given) {
    const rule = isLockOption(name) ? undefined : rules.own[name];
    if (rule !== undefined && !rule.accepts(value)) throw invalidArgument(name, `must be ${rule.wanted}`);
  }
  return Object.freeze(Object.fromEntries(given)) as Readonly<Options>;
}

/**
 * Checks what an adapter was given as its manager.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`
 */
export function requireLockManager(locks: LockManager): void {
  if (typeof locks?.withLock === "function") return;
  throw invalidArgument("locks", "must be a LockManager, such as createLockManager({ nodes }) makes");
}

function hint(name: string, known: readonly string[]): string {
  const plain = name.toLowerCase();
  const meant = known.find((option) => {
    const candidate = option.toLowerCase();
    return (
      candidate.startsWith(plain) ||
      plain.startsWith(candidate) ||
      plain.startsWith(candidate.replace(/ms$/, ""))
    );
  });
  return `${meant === undefined ? "" : `; did you mean ${meant}?`} (known are ${known.join(", ")})`;
}
