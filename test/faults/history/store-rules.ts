import type { Accepted, History } from "./history.js";

/** The store accepts nothing that comes with an older fencing token than what it has accepted for a key. */
export function storeInOrder(accepted: readonly Accepted[]): string[] {
  const found: string[] = [];
  const newest = new Map<string, Accepted>();
  for (const write of accepted) {
    const before = newest.get(write.key);
    if (before !== undefined && write.fencingToken < before.fencingToken) {
      found.push(
        `the store accepted a write of ${write.id} (${write.fencingToken}) to ${write.key} after one of ` +
          `${before.id} (${before.fencingToken})`,
      );
    } else newest.set(write.key, write);
  }
  return found;
}

/** What the writers were told of their writes is what the store did. */
export function storeAsTold({ acquisitions, accepted, workers }: History): string[] {
  const killed = new Set(workers.filter((worker) => worker.killed).map(({ name }) => name));
  const counts = new Map<string, number>();
  for (const { id } of accepted) counts.set(id, (counts.get(id) ?? 0) + 1);
  const found: string[] = [];
  for (const { id, worker, lease, writes } of acquisitions) {
    const kept = counts.get(id) ?? 0;
    counts.delete(id);
    const told = writes.filter((write) => write.accepted).length;
    // A writer that was killed may not have heard of its last write.
    const most = killed.has(worker) ? told + 1 : told;
    if (kept < told || kept > most)
      found.push(`${id} was told of ${told} accepted writes, the store has ${kept}`);
    const foreign = accepted.find((write) => write.id === id && write.fencingToken !== lease?.fencingToken);
    if (foreign !== undefined)
      found.push(
        `the store has a write of ${id} under ${foreign.fencingToken}, which was not its fencing token`,
      );
  }
  for (const id of counts.keys()) found.push(`the store has a write of ${id}, which nobody has asked for`);
  return found;
}
