import { type Clock, randomToken, systemClock } from "./clock.js";
import { invalidArgument } from "./errors.js";
import { type AnyAbort, LazyAbort } from "./lazy-abort.js";
import type { AcquireOptions, CloseOptions } from "./lock-manager.js";
import type { NodeSource } from "./node-source.js";
import {
  requireBoolean,
  requireCount,
  requireDuration,
  requireKnown,
  requireObject,
  requireRetry,
  requireToken,
  requireTtl,
  requireWait,
  requireWholeDuration,
  show,
} from "./option-checks.js";
import type { RetryStrategy } from "./waiting/backoff.js";

/** Options of a manager. */
export interface LockManagerOptions {
  /** The independent servers that vote; an odd number, 1, 3 or 5, is best. */
  readonly nodes: readonly NodeSource[];
  /** Prefix of every key. Default `lock:`. `""` shares keys with other libraries that keep a lock in a string. */
  readonly keyPrefix?: string | undefined;
  /** Lease time in milliseconds: an integer from 3 to one year. Default 10,000. */
  readonly ttlMs?: number | undefined;
  /** Longest wait for a held lock in milliseconds; 0 makes one attempt, Infinity waits for ever. Default 5,000. */
  readonly waitMs?: number | undefined;
  /** Keep leases alive until they are released. Default true. */
  readonly autoExtend?: boolean | undefined;
  /** Deadline of one request to one node in milliseconds, never more than a fifth of the `ttlMs` in use. Default 1,000. */
  readonly nodeTimeoutMs?: number | undefined;
  /** How far clocks may run apart, as a share of the lease time, from 0 to 0.5. Default 0.01. */
  readonly driftFactor?: number | undefined;
  /** When to try again without being told of a release. Default: about once a second; by `exponentialBackoff()` while none can be told. */
  readonly retry?: RetryStrategy | undefined;
  /** Makes the ownership token of an attempt. Must be unguessable and never the same twice. Default: 128 random bits. */
  readonly generateToken?: ((key: string) => string) | undefined;
  /**
   * For how long a node that restarted does not vote, in milliseconds, since it may have forgotten leases.
   * Default: the longest lease time in use, waived while too few other nodes are left to make a quorum.
   */
  readonly restartQuarantineMs?: number | undefined;
  /**
   * How many replicas of each node must have received a lease before the node's vote counts (the command WAIT): 0 to 100.
   * Makes it less likely that a lease is lost in a failover, and never certain. Default 0.
   */
  readonly minReplicas?: number | undefined;
  /** How many acquires may wait for one key in this process; beyond it `ERR_LOCK_OVERLOADED`. Default: no limit. */
  readonly maxWaiters?: number | undefined;
  /** How far this process's wall clock may be ahead of a node's before it is corrected, in milliseconds. Default 60,000. */
  readonly maxSkewMs?: number | undefined;
  /** After a lease that expired rather than was released, nobody gets the lock for so many milliseconds. Default 0. */
  readonly lockDelayMs?: number | undefined;
  /** Default of {@link AcquireOptions.minHoldMs}. */
  readonly minHoldMs?: number | undefined;
  /** Default of {@link AcquireOptions.maxHoldMs}. */
  readonly maxHoldMs?: number | undefined;
  /** Source of time and chance. Default: this machine's. */
  readonly clock?: Clock | undefined;
}

/** All settings of a manager: complete, checked and frozen. */
export interface ResolvedOptions {
  readonly keyPrefix: string;
  readonly nodeTimeoutMs: number;
  readonly driftFactor: number;
  readonly generateToken: (key: string) => string;
  /** `undefined`: the longest lease time in use. */
  readonly restartQuarantineMs: number | undefined;
  readonly minReplicas: number;
  readonly maxWaiters: number;
  readonly maxSkewMs: number;
  readonly lockDelayMs: number;
  readonly clock: Clock;
  readonly lock: ResolvedLockOptions;
}

/** What a lock may be asked for with: by programs with a signal, by this package with something lighter, too. */
export type AskedOptions = Omit<AcquireOptions, "signal"> & { readonly signal?: AnyAbort | undefined };

/** All settings of one lock. */
export interface ResolvedLockOptions {
  readonly ttlMs: number;
  readonly waitMs: number;
  readonly signal: AnyAbort | undefined;
  readonly token: string | undefined;
  readonly autoExtend: boolean;
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
  /** `undefined`: as the lane sees fit. */
  readonly retry: RetryStrategy | undefined;
  readonly owner: string | undefined;
  readonly nested: "reject" | "reenter" | "wait";
}

const MANAGER_OPTIONS: ReadonlySet<string> = new Set<keyof LockManagerOptions>([
  "nodes",
  "keyPrefix",
  "ttlMs",
  "waitMs",
  "autoExtend",
  "nodeTimeoutMs",
  "driftFactor",
  "retry",
  "generateToken",
  "restartQuarantineMs",
  "minReplicas",
  "maxWaiters",
  "maxSkewMs",
  "lockDelayMs",
  "minHoldMs",
  "maxHoldMs",
  "clock",
]);

const LOCK_OPTIONS: ReadonlySet<string> = new Set<keyof AcquireOptions>([
  "ttlMs",
  "waitMs",
  "signal",
  "token",
  "autoExtend",
  "minHoldMs",
  "maxHoldMs",
  "retry",
  "mode",
  "owner",
  "nested",
]);

const CLOCK_METHODS = ["monotonic", "wall", "random", "setTimer"] as const;

const CLOSE_OPTIONS: ReadonlySet<string> = new Set<keyof CloseOptions>(["graceMs"]);

/** Checks a manager's options and fills in the defaults; every default of the package stands here. */
export function resolveManagerOptions(options: LockManagerOptions): ResolvedOptions {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument("options", "must be an object with at least { nodes: [...] }");
  }
  requireKnown(options, MANAGER_OPTIONS);
  const keyPrefix = options.keyPrefix ?? "lock:";
  if (typeof keyPrefix !== "string" || !keyPrefix.isWellFormed() || keyPrefix.length > 256) {
    throw invalidArgument("keyPrefix", "must be a well-formed string of at most 256 characters");
  }
  const driftFactor = options.driftFactor ?? 0.01;
  if (typeof driftFactor !== "number" || !(driftFactor >= 0 && driftFactor <= 0.5)) {
    throw invalidArgument("driftFactor", `must be a number from 0 to 0.5, not ${show(driftFactor)}`);
  }
  const generateToken = options.generateToken ?? randomToken;
  if (typeof generateToken !== "function")
    throw invalidArgument("generateToken", "must be a function (key) => string");
  const clock = options.clock ?? systemClock;
  if (!CLOCK_METHODS.every((method) => typeof (clock as Partial<Clock> | null)?.[method] === "function")) {
    throw invalidArgument("clock", "must have the methods monotonic, wall, random and setTimer");
  }
  const quarantine = options.restartQuarantineMs;
  const nodeTimeoutMs = options.nodeTimeoutMs ?? 1_000;
  if (!(requireDuration("nodeTimeoutMs", nodeTimeoutMs) > 0))
    throw invalidArgument("nodeTimeoutMs", "must be above 0");
  const defaults: ResolvedLockOptions = Object.freeze({
    ttlMs: requireTtl(options.ttlMs ?? 10_000, driftFactor),
    waitMs: requireWait("waitMs", options.waitMs ?? 5_000),
    signal: undefined,
    token: undefined,
    autoExtend: requireBoolean("autoExtend", options.autoExtend ?? true),
    minHoldMs: requireWholeDuration("minHoldMs", options.minHoldMs ?? 0),
    maxHoldMs: requireWait("maxHoldMs", options.maxHoldMs ?? Infinity),
    retry: options.retry === undefined ? undefined : requireRetry(options.retry),
    owner: undefined,
    nested: "reject",
  });
  return Object.freeze({
    keyPrefix,
    nodeTimeoutMs,
    driftFactor,
    generateToken,
    restartQuarantineMs:
      quarantine === undefined ? undefined : requireDuration("restartQuarantineMs", quarantine),
    minReplicas: requireCount("minReplicas", options.minReplicas ?? 0, 100),
    maxWaiters: requireCount("maxWaiters", options.maxWaiters ?? Infinity, Infinity),
    maxSkewMs: requireWholeDuration("maxSkewMs", options.maxSkewMs ?? 60_000),
    lockDelayMs: requireWholeDuration("lockDelayMs", options.lockDelayMs ?? 0),
    clock,
    lock: defaults,
  });
}

/** Checks the options of one lock and fills in the manager's. */
export function resolveLockOptions(
  options: AskedOptions | undefined,
  manager: ResolvedOptions,
  alsoKnown: readonly string[] = [],
): ResolvedLockOptions {
  const defaults = manager.lock;
  if (options === undefined) return defaults;
  requireObject(options);
  requireKnown(options, LOCK_OPTIONS, alsoKnown);
  const { signal, token, owner, mode, nested } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal || signal instanceof LazyAbort)) {
    throw invalidArgument("signal", "must be an AbortSignal");
  }
  if (token !== undefined) requireToken(token);
  if (owner !== undefined && typeof owner !== "string") throw invalidArgument("owner", "must be a string");
  if (mode !== undefined && mode !== "exclusive")
    throw invalidArgument("mode", `must be "exclusive", not ${show(mode)}`);
  if (nested !== undefined && nested !== "reject" && nested !== "reenter" && nested !== "wait") {
    throw invalidArgument("nested", `must be "reject", "reenter" or "wait", not ${show(nested)}`);
  }
  return {
    ttlMs: options.ttlMs === undefined ? defaults.ttlMs : requireTtl(options.ttlMs, manager.driftFactor),
    waitMs: options.waitMs === undefined ? defaults.waitMs : requireWait("waitMs", options.waitMs),
    signal,
    token,
    autoExtend:
      options.autoExtend === undefined
        ? defaults.autoExtend
        : requireBoolean("autoExtend", options.autoExtend),
    minHoldMs:
      options.minHoldMs === undefined
        ? defaults.minHoldMs
        : requireWholeDuration("minHoldMs", options.minHoldMs),
    maxHoldMs:
      options.maxHoldMs === undefined ? defaults.maxHoldMs : requireWait("maxHoldMs", options.maxHoldMs),
    retry: options.retry === undefined ? defaults.retry : requireRetry(options.retry),
    owner,
    nested: nested ?? defaults.nested,
  };
}

/** For how long work may go on while its manager closes. */
export function resolveGrace(options: CloseOptions | undefined, manager: ResolvedOptions): number {
  if (options === undefined) return manager.lock.ttlMs;
  requireObject(options);
  requireKnown(options, CLOSE_OPTIONS);
  return options.graceMs === undefined ? manager.lock.ttlMs : requireWait("graceMs", options.graceMs);
}
