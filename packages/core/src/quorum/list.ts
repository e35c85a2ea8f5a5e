import type { LockPage } from "../node/lock-node.js";
import { type Answer } from "./poll.js";
import type { Roster } from "./roster.js";
import { Unknown } from "./unknown.js";

/** What the nodes have under names that are like a pattern. */
export interface Listing {
  /** Names of locks on the nodes, each once. */
  readonly names: ReadonlySet<string>;
  /** For each node, why it could not be walked to its end; `undefined` if it could. */
  readonly reasons: readonly (string | undefined)[];
}

/** Walks over all names of each node, a page at a time, until it has found `most` of them. */
export async function listOnNodes(
  roster: Roster,
  pattern: string,
  most: number,
  deadlineMs: number,
): Promise<Listing> {
  const walks = roster.voters.map(() => new Walk());
  const isUnderWay = (index: number): boolean => walks[index]?.isOver === false;
  const names = new Set<string>();
  while (walks.some(({ isOver }) => !isOver)) {
    const answers = await roster.poll<LockPage, readonly Answer<LockPage>[]>({
      ask: async (node, index) => {
        if (node.list === undefined) throw new Error("can't list locks");
        return node.list(roster.keyPrefix, pattern, walks[index]?.next ?? null);
      },
      among: isUnderWay,
      deadlineMs,
      decide: (given, pending) => (pending > 0 ? undefined : [...given]),
    });
    for (const [index, walk] of walks.entries()) {
      const page = answers[index];
      if (walk.isOver) continue;
      walk.heard(page ?? new Unknown("not asked"), most);
      if (page === undefined || page instanceof Unknown) continue;
      for (const name of page.names) names.add(name);
    }
  }
  return { names, reasons: walks.map(({ reason }) => reason) };
}

/** One node's. */
class Walk {
  next: string | null = null;
  isOver = false;
  reason: string | undefined;
  #found = 0;

  heard(page: LockPage | Unknown, most: number): void {
    if (page instanceof Unknown) {
      this.reason = page.reason;
      this.isOver = true;
      return;
    }
    this.#found += page.names.length;
    this.next = page.next;
    this.isOver = page.next === null || this.#found >= most;
  }
}
