import { createLockManager, type LockManager, type LockManagerOptions } from "@redlock-kit/core";
import { Redis } from "ioredis";
import { LONGEST_TTL_MS } from "./answers.js";

/** The manager that a worker has all the time. */
export const MANAGER: Omit<LockManagerOptions, "nodes"> = {
  ttlMs: LONGEST_TTL_MS,
  waitMs: 1_000,
  nodeTimeoutMs: 400,
};

/** A manager that comes and goes, and knows by itself of shorter leases only than others have. */
export interface Newcomer {
  readonly locks: LockManager;
  readonly leave: () => Promise<void>;
}

const TTL_MS = 1_000;

/** `clients`: over connections of a user's, who ends them; otherwise over the manager's own. */
export function newcomerAt(nodes: readonly string[], clients: boolean): Newcomer {
  const own = clients ? nodes.map((url) => new Redis(url).on("error", () => {})) : [];
  const locks = createLockManager({ ...MANAGER, ttlMs: TTL_MS, nodes: clients ? own : nodes });
  const leave = async (): Promise<void> => {
    await locks.close({ graceMs: 0 });
    for (const client of own) client.disconnect();
  };
  return { locks, leave };
}
