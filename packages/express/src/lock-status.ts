import {
  isLockError,
  type LockManager,
  type LockState,
  type LockStats,
  type NodeHealth,
} from "@redlock-kit/core";
import { checkLockHealth, type LockHealth } from "@redlock-kit/core/adapter";

/** Which locks are shown. */
export interface LockStatusOptions {
  /** What keys are like: `*` stands for any characters, `?` for one. Default `*`. */
  readonly pattern?: string | undefined;
  /** How many locks are shown at most, from 1 to 10,000. Default 100. */
  readonly limit?: number | undefined;
}

/** How locks stand, for an operator: no ownership token, with which one could release them. */
export interface LockStatus {
  /** ISO 8601. */
  readonly at: string;
  readonly state: LockHealth["state"];
  /** How many nodes vote, and how many must. */
  readonly voting: number;
  readonly quorum: number;
  readonly nodes: readonly NodeHealth[];
  /** The locks that anybody holds; `null` if the nodes could not be asked. */
  readonly locks: readonly HeldLock[] | null;
  /** Why not. */
  readonly problem: string | undefined;
  /** Counters and gauges of this process. */
  readonly process: Omit<LockStats, "nodes">;
}

/** A lock that somebody holds. */
export interface HeldLock {
  readonly key: string;
  readonly fencingToken: number;
  /** Milliseconds until it ends if nobody extends it; `null` for a key without TTL. */
  readonly remainingMs: number | null;
  /** How many acquires of this process wait for it. */
  readonly waiters: number;
  /** The nodes that keep it for its holder. */
  readonly nodes: readonly string[];
}

/** How locks stand now. */
export async function readLockStatus(locks: LockManager, what: LockStatusOptions): Promise<LockStatus> {
  const { state, voting, quorum, nodes } = await checkLockHealth(locks);
  const { nodes: _, ...process } = locks.stats();
  const held = await heldLocks(locks, what);
  return { at: new Date().toISOString(), state, voting, quorum, nodes, ...held, process };
}

async function heldLocks(
  locks: LockManager,
  what: LockStatusOptions,
): Promise<Pick<LockStatus, "locks" | "problem">> {
  try {
    return { locks: (await locks.list(what)).map(heldLockOf), problem: undefined };
  } catch (error) {
    if (!isLockError(error)) throw error;
    return { locks: null, problem: error.message };
  }
}

function heldLockOf({ key, token, fencingToken, remainingMs, waiters, nodes }: LockState): HeldLock {
  return {
    key,
    fencingToken,
    remainingMs: Number.isFinite(remainingMs) ? Math.round(remainingMs) : null,
    waiters,
    nodes: nodes.filter((node) => node.token === token).map(({ node }) => node),
  };
}
