import { createLockManager } from "../create-lock-manager.js";
import type { LockManager } from "../lock-manager.js";
import type { LockKey, LockNode } from "../node/lock-node.js";
import { nameMatcher } from "../node/glob.js";
import { memoryNode } from "../node/memory-node.js";
import type { LockManagerOptions } from "../options.js";

/**
 * A manager that grants every lock at once, to any number of holders: for unit tests of code that locks, which
 * shall not meet contention. All else is as ever: fencing tokens rise, leases expire, a token that was released
 * holds nothing any more, and code that asks for a lock that it already holds is told so (`ERR_LOCK_NESTED`).
 *
 * @param options as for `createLockManager`, such as a manual `clock`
 */
export function grantingLockManager(options: Omit<LockManagerOptions, "nodes"> = {}): LockManager {
  return createLockManager({ ...options, nodes: [grantingNode(options)] });
}

/** A node on which every token has a lock of its own; the fencing counters are common. */
function grantingNode({ clock }: Pick<LockManagerOptions, "clock">): LockNode {
  const node = memoryNode({ name: "granting", ...(clock && { clock }) });
  const latest = new Map<string, string>();
  const forToken = <R extends { readonly keys: readonly LockKey[]; readonly token: string }>(
    request: R,
  ): R => ({
    ...request,
    keys: request.keys.map((key) => ownKey(key, request.token)),
  });
  // Operators, who have no token, mean whoever came last.
  const ofLatest = (key: LockKey): LockKey => ownKey(key, latest.get(key.lock) ?? "");
  return {
    name: node.name,
    state: node.state,
    watch: (listener) => node.watch(listener),
    identify: () => node.identify(),
    grant(request) {
      for (const { lock } of request.keys) latest.set(lock, request.token);
      return node.grant(forToken(request));
    },
    confirm: (request) => node.confirm(forToken(request)),
    extend: (request) => node.extend(forToken(request)),
    release(request) {
      const { token } = request;
      // Nobody is kept waiting here, so there is nothing to keep the keys for.
      if (token === null) return node.release({ ...request, keys: request.keys.map(ofLatest), keepMs: 0 });
      return node.release({ ...forToken({ ...request, token }), keepMs: 0 });
    },
    inspect: (key) => node.inspect(ofLatest(key)),
    async list(prefix, pattern) {
      return { names: [...latest.keys()].filter(nameMatcher(prefix, pattern)), next: null };
    },
    close: () => node.close(),
  };
}

function ownKey(key: LockKey, token: string): LockKey {
  return { ...key, lock: `${key.lock}\0${token}` };
}
