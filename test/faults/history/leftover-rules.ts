import type { History, Leftover } from "./history.js";

/** What stands beside locks and expires by itself: fencing counters, queues, and what the users of a prefix tell each other. */
const COMPANION = /^\{lock:.+\}:(fence|queue)$|^lock:redlock-kit:(nodes|longest-ttl)$/;

/** Every key that is left on a node expires by itself. */
export function keysExpire({ leftAtOnce, leftInTheEnd }: History): string[] {
  return [...leftAtOnce, ...leftInTheEnd]
    .filter(({ ttlMs }) => ttlMs === -1)
    .map(({ node, key }) => `${key} has no TTL on ${node}`);
}

/**
 * What was released is gone when its manager is closed; what was lost, or a killed worker's, when its ttl is over.
 *
 * A node that can't be told of a release for longer than the ttl is told no more, since the lock expires by itself: later
 * than a ttl if the node's clock was set back.
 */
export function locksAreGone({ acquisitions, leftAtOnce, leftInTheEnd }: History, lingersMs = 0): string[] {
  const released = new Map(
    acquisitions.flatMap(({ id, lease, release }) =>
      lease !== undefined && release !== undefined && "released" in release && release.released
        ? [[lease.token, id] as const]
        : [],
    ),
  );
  const forgotten = (lingersMs > 0 ? [] : leftAtOnce).flatMap(({ node, key, value }) => {
    const id = released.get(value ?? "");
    return id === undefined ? [] : [`${key} still stands on ${node} for ${id}, which had released it`];
  });
  return [...forgotten, ...leftInTheEnd.filter(isNoCompanion).map(described)];
}

function isNoCompanion({ key }: Leftover): boolean {
  return !COMPANION.test(key);
}

function described({ node, key, value, ttlMs }: Leftover): string {
  return `${key} is left on ${node} for ${ttlMs} ms (${value})`;
}
