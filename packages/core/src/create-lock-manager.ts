import type { LockManager } from "./lock-manager.js";
import { nodesOf } from "./node-source.js";
import { type LockManagerOptions, resolveManagerOptions } from "./options.js";
import { deadlineOf } from "./quorum/validity.js";
import { QuorumLockManager } from "./quorum-lock-manager.js";

/**
 * A manager whose locks are granted by a majority of `options.nodes`.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` naming the option that is not usable
 */
export function createLockManager(options: LockManagerOptions): LockManager {
  const resolved = resolveManagerOptions(options);
  const { minReplicas, nodeTimeoutMs, lock } = resolved;
  const replication = { minReplicas, deadlineMs: deadlineOf(nodeTimeoutMs, lock.ttlMs) };
  return new QuorumLockManager(nodesOf(options.nodes, replication), resolved);
}
