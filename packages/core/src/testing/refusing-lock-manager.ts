import { createLockManager } from "../create-lock-manager.js";
import { invalidArgument } from "../errors.js";
import type { LockManager } from "../lock-manager.js";
import type { LockNode } from "../node/lock-node.js";

/** For how long the imaginary other holder has every lock: what `retryAfterMs` and `inspect` say. */
const HELD_FOR_MS = 5_000;

/**
 * A manager that refuses every lock at once, whatever `waitMs` says: for unit tests of what code does without
 * the lock.
 *
 * @param code `ERR_LOCK_HELD` (default): somebody else holds every lock, and keeps it · `ERR_LOCK_UNAVAILABLE`:
 * no node can be reached
 */
export function refusingLockManager(
  code: "ERR_LOCK_HELD" | "ERR_LOCK_UNAVAILABLE" = "ERR_LOCK_HELD",
): LockManager {
  return createLockManager({ nodes: [nodeFor(code)], retry: () => null });
}

function nodeFor(code: "ERR_LOCK_HELD" | "ERR_LOCK_UNAVAILABLE"): LockNode {
  if (code === "ERR_LOCK_HELD") return heldNode;
  if (code === "ERR_LOCK_UNAVAILABLE") return unreachableNode;
  throw invalidArgument("code", 'must be "ERR_LOCK_HELD" or "ERR_LOCK_UNAVAILABLE"');
}

const held = { kind: "held", holder: "somebody else", remainingMs: HELD_FOR_MS, fence: 0 } as const;

/** A node that holds every key for somebody else, even after an operator has broken the lock. */
const heldNode: LockNode = {
  name: "refusing",
  state: "ready",
  watch: () => () => {},
  identify: async () => ({ runId: null, uptimeMs: Infinity, unfit: null, warnings: [] }),
  grant: async () => held,
  confirm: async () => false,
  extend: async () => held,
  release: async ({ token }) => (token === null ? "released" : "held"),
  inspect: async () => ({ token: "somebody else's", remainingMs: HELD_FOR_MS, fence: 0 }),
  list: async () => ({ names: [], next: null }),
  close: async () => {},
};

const noAnswer = async (): Promise<never> => {
  throw new Error("disconnected");
};

/** A node that is known to be out of reach. */
const unreachableNode: LockNode = {
  name: "unreachable",
  state: "disconnected",
  watch: () => () => {},
  identify: noAnswer,
  grant: noAnswer,
  confirm: noAnswer,
  extend: noAnswer,
  release: noAnswer,
  inspect: noAnswer,
  list: noAnswer,
  close: async () => {},
};
