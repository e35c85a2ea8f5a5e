import type { Lease } from "./lease.js";
import type { NodeState } from "./node/lock-node.js";
import type { RetryStrategy } from "./waiting/backoff.js";

/** Options of one lock; what is left out comes from the manager's options. */
export interface AcquireOptions {
  /** Lease time in milliseconds: an integer from 3 to one year. */
  readonly ttlMs?: number | undefined;
  /** Longest wait in milliseconds; 0 makes one attempt, Infinity waits for ever. */
  readonly waitMs?: number | undefined;
  /** Ends the wait with `ERR_LOCK_ABORTED`. Has no influence on a lease once it is granted. */
  readonly signal?: AbortSignal | undefined;
  /** The ownership token, in place of a generated one. If it already holds the keys, its lease is extended. */
  readonly token?: string | undefined;
  /** Keep the lease alive until it is released. */
  readonly autoExtend?: boolean | undefined;
  /** Hold the lock for at least so long: after an earlier release nobody gets it for the remainder. Default 0. */
  readonly minHoldMs?: number | undefined;
  /** Stop extending automatically so long after the lock was acquired. Default: never. */
  readonly maxHoldMs?: number | undefined;
  /** When to try again. */
  readonly retry?: RetryStrategy | undefined;
  /** The kind of lock. */
  readonly mode?: "exclusive" | undefined;
  /** A label for operators, carried by the lease and by telemetry; never sent to a node. */
  readonly owner?: string | undefined;
  /**
   * What happens when this async context already holds the key: `reject` (default) fails with
   * `ERR_LOCK_NESTED` in place of waiting for itself, `reenter` gives the same lease, which its outermost
   * holder releases, `wait` waits like a stranger.
   */
  readonly nested?: "reject" | "reenter" | "wait" | undefined;
}

/** Options of {@link LockManager.tryAcquire}, which never waits. */
export type TryAcquireOptions = Omit<AcquireOptions, "waitMs" | "retry">;

/** Options of {@link LockManager.withLock}. */
export interface WithLockOptions extends AcquireOptions {
  /** What happens when the work succeeded but its lease was lost meanwhile: `throw` (default) or `ignore`. */
  readonly onLost?: "throw" | "ignore" | undefined;
}

/** What {@link LockManager.list} looks for. */
export interface ListOptions {
  /** What keys are like: `*` stands for any characters, `?` for one. Default `*`. */
  readonly pattern?: string | undefined;
  /** How many locks at most, from 1 to 10,000. Default 100. */
  readonly limit?: number | undefined;
}

/** What is known of a held lock. */
export interface LockState {
  readonly key: string;
  /** The holder's ownership token. */
  readonly token: string;
  /** The holder's fencing token. If another library took the lock: that of our last lease, or 0. */
  readonly fencingToken: number;
  /** Milliseconds until the lease ends if nobody extends it; Infinity for a key without TTL. */
  readonly remainingMs: number;
  /** How many acquires are waiting for it in this process. */
  readonly waiters: number;
  /** What each node said. */
  readonly nodes: readonly LockNodeState[];
}

/** What one node knows of a lock. */
export interface LockNodeState {
  readonly node: string;
  /** `null`: free on this node, or the node gave no answer. */
  readonly token: string | null;
  readonly remainingMs: number;
  readonly fencingToken: number;
  /** Why the node gave no answer. */
  readonly reason: string | undefined;
}

/** A node as the manager sees it. */
export interface NodeHealth {
  readonly node: string;
  readonly state: NodeState;
  /** Whether its answers count as votes at present. */
  readonly voting: boolean;
  /** Why it does not vote. */
  readonly reason: string | undefined;
  /** Hazards of its configuration. */
  readonly warnings: readonly string[];
  /**
   * Whether it tells this process of releases: `unused` while nobody has had to wait · `active` · `inactive`: its
   * subscription is not confirmed (out of reach, or refused by an ACL), or the node has none; waiters poll while less than a
   * quorum is active.
   */
  readonly notices: "unused" | "active" | "inactive";
}

/** Counters since start, and gauges. */
export interface LockStats {
  /** Leases held now. */
  readonly held: number;
  /** Acquires waiting now. */
  readonly waiting: number;
  /** Functions that are running now although their lease is over: such a process is unhealthy. */
  readonly overrun: number;
  /** Leases granted. */
  readonly acquired: number;
  /** Attempts that found the lock held by somebody else. */
  readonly contended: number;
  /** Acquires that had to wait and got the lock. */
  readonly waited: number;
  /** For how long all those waited together, in milliseconds. */
  readonly waitedMs: number;
  /** Locks that passed from one acquire of this process to the next in one round trip. */
  readonly handedOver: number;
  /** Attempts that found no quorum of nodes. */
  readonly unavailable: number;
  /** Confirmed extensions. */
  readonly extended: number;
  /** Leases given back. */
  readonly released: number;
  /** Leases that ended before they were given back. */
  readonly lost: number;
  readonly nodes: readonly NodeHealth[];
}

/** How {@link LockManager.close} ends. */
export interface CloseOptions {
  /** For how long functions of `withLock` that are still running keep their locks, in milliseconds. Default: the manager's `ttlMs`. */
  readonly graceMs?: number;
}

/** One or several keys; several are locked all or none. */
export type LockKeys = string | readonly string[];

/**
 * Gives out locks. An interface, so that a test can put its own in place; `createLockManager` makes
 * the real one.
 */
export interface LockManager extends AsyncDisposable {
  /**
   * Takes the lock, waiting up to `waitMs`.
   *
   * @throws LockError any code but `ERR_LOCK_NOT_HOLDER`; `ERR_LOCK_LOST` only with `nested: "reenter"`, when the
   * lease to be entered again is over
   */
  acquire(key: LockKeys, options?: AcquireOptions): Promise<Lease>;
  /** One attempt. `null` means that somebody else holds the lock, and only that. */
  tryAcquire(key: LockKeys, options?: TryAcquireOptions): Promise<Lease | null>;
  /**
   * Runs `work` under the lock and releases it in every outcome. An error of `work` arrives unchanged.
   *
   * @throws LockError as `acquire`; `ERR_LOCK_LOST` if `work` succeeded but its lease was over, with what it
   * returned as `result`
   */
  withLock<T>(key: LockKeys, work: (lease: Lease) => Promise<T> | T, options?: WithLockOptions): Promise<T>;
  /**
   * Releases from anywhere.
   *
   * @returns `true`: it was held and is now free; `false`: it was already released or has expired
   * @throws LockError `ERR_LOCK_NOT_HOLDER` if another token holds it; `ERR_LOCK_UNAVAILABLE`
   */
  release(key: LockKeys, token: string): Promise<boolean>;
  /**
   * Takes a lease over by its token and makes it end `ttlMs` from now. The lease that comes back is not
   * extended automatically, unless this manager already held it.
   *
   * @throws LockError `ERR_LOCK_NOT_HOLDER` if the token does not hold the key; `ERR_LOCK_UNAVAILABLE`
   */
  extend(key: LockKeys, token: string, ttlMs: number): Promise<Lease>;
  /** What is known of a lock; `null` if it is free. */
  inspect(key: string): Promise<LockState | null>;
  /**
   * For operators: the locks that are held, whoever holds them, in the order of their keys. Walks over every key that
   * the nodes have, in small steps that don't hold them up.
   *
   * @throws LockError `ERR_LOCK_UNAVAILABLE` if less than a quorum of nodes could be walked over
   */
  list(options?: ListOptions): Promise<LockState[]>;
  /** For operators: frees the lock whoever holds it, and says so on `redlock-kit:force-release`. Whether it was held. */
  forceRelease(key: LockKeys): Promise<boolean>;
  /** The innermost lease of this async context, or the innermost one that covers `key`. */
  currentLease(key?: string): Lease | undefined;
  /**
   * The lease of this async context that covers `key`.
   *
   * @throws LockError `ERR_LOCK_NOT_HOLDER` if there is none; `ERR_LOCK_LOST` if it is over
   */
  assertLocked(key: string): Lease;
  /** Counters since start, and gauges. */
  stats(): LockStats;
  /**
   * Stops granting, rejects waiters with `ERR_LOCK_CLOSED`, lets running functions of `withLock` end (for
   * `graceMs` at most), releases everything and closes the clients that the manager made itself.
   */
  close(options?: CloseOptions): Promise<void>;
}
