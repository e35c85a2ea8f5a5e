import { majorityOf } from "./majority.js";

/** Which nodes a process used for a prefix, as it is kept on each of them. */
export interface NodeSetRecord {
  /** The servers' run ids. */
  readonly nodes: readonly string[];
  /** Wall time at which it was written. */
  readonly at: number;
}

/** When one of our nodes started, and when it said so, by the wall clock. */
export interface KnownNode {
  readonly startedAt: number;
  readonly identifiedAt: number;
}

/** The record as a node keeps it. */
export function encodeNodeSet(record: NodeSetRecord): string {
  return JSON.stringify({ nodes: [...record.nodes].sort(), at: record.at });
}

/** What {@link encodeNodeSet} made; `null` for anything else. */
export function decodeNodeSet(text: string | null): NodeSetRecord | null {
  if (text === null) return null;
  try {
    const { nodes, at } = JSON.parse(text) as Partial<NodeSetRecord>;
    const usable =
      Array.isArray(nodes) && nodes.every((id) => typeof id === "string") && typeof at === "number";
    return usable ? { nodes, at } : null;
  } catch {
    return null;
  }
}

/**
 * Why locks over our nodes need not exclude locks over the set of `other`, or `undefined` if any quorum of
 * one shares a node with any quorum of the other: then q + q' > all nodes of both. So nodes may be added or
 * removed one at a time. A node that started after the record was written is taken for the restart of one
 * in it. What we know of a node from before the record was written says nothing: it may have restarted since.
 *
 * @param ours our nodes by their run ids
 */
export function nodeSetConflict(
  ours: ReadonlyMap<string, KnownNode>,
  other: NodeSetRecord | null,
): string | undefined {
  if (other === null) return undefined;
  const theirs = new Set(other.nodes);
  const unmatched = [...ours].filter(([id]) => !theirs.has(id));
  const union = theirs.size + unmatched.length;
  if (majorityOf(ours.size) + majorityOf(theirs.size) > union) return undefined;
  if (unmatched.some(([, { identifiedAt }]) => identifiedAt < other.at)) return undefined;
  if (unmatched.length > 0 && unmatched.every(([, { startedAt }]) => startedAt > other.at)) return undefined;
  return (
    `another process uses this prefix with other nodes (${theirs.size} nodes, ${ours.size - unmatched.length} of them ours), ` +
    "so both can be granted one lock; give all processes the same nodes, and change one node at a time"
  );
}
