import type { LockManager } from "@redlock-kit/core";

/** Saves a text, and tells whether it did: not if the fencing token is stale. */
export type Save = (id: string, text: string, fencingToken: number) => Promise<boolean>;

export function publish(locks: LockManager, id: string, write: () => Promise<string>, save: Save) {
  return locks.withLock(`document:${id}`, async (lease) => {
    const text = await write(); // here the process may be frozen for a minute
    return save(id, text, lease.fencingToken);
  });
}
