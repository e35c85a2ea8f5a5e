import { isLockError } from "../errors.js";
import type { LockManager, NodeHealth } from "../lock-manager.js";
import { majorityOf } from "../quorum/majority.js";

/** The key that is looked at, and never locked, to see whether nodes answer. */
const PROBE_KEY = "redlock-kit:health";

/** How locks fare in this process. */
export interface LockHealth {
  /**
   * `up`: every node votes · `degraded`: locks are granted, and fewer failures than usual are tolerated · `down`: nothing is
   * granted since no quorum votes or the manager is closed or was given one server twice, or work goes on under leases that are over.
   */
  readonly state: "up" | "degraded" | "down";
  /** How many nodes vote, and how many must. */
  readonly voting: number;
  readonly quorum: number;
  /** Functions that are running although their lease is over. */
  readonly overrun: number;
  readonly nodes: readonly NodeHealth[];
}

/**
 * Asks every node for a sign of life, one read each, and tells how locks fare. Takes as long as the slowest node that
 * answers, `nodeTimeoutMs` at most. Never rejects.
 */
export async function checkLockHealth(locks: LockManager): Promise<LockHealth> {
  let isRefused = false;
  try {
    // Asks for nothing that could be held, and is refused whenever an acquire is.
    await locks.inspect(PROBE_KEY);
  } catch (error) {
    // Nodes that gave no answer are known as such from now on. Otherwise the manager is closed, or its nodes are not usable.
    isRefused = !isLockError(error, "ERR_LOCK_UNAVAILABLE");
  }
  const { nodes, overrun } = locks.stats();
  const voting = nodes.filter((node) => node.voting).length;
  const quorum = majorityOf(nodes.length);
  const isDown = isRefused || voting < quorum || overrun > 0;
  const state = isDown ? "down" : voting < nodes.length ? "degraded" : "up";
  return { state, voting, quorum, overrun, nodes };
}
