import { randomToken } from "../clock.js";
import type { NoticeSubscription } from "../node/lock-node.js";
import type { Roster } from "../quorum/roster.js";

/** Where this process hears that a lock is its to take: one subscription a node, from the first wait on. */
export class Notices {
  /** The name of this process in the nodes' queues. */
  readonly process = randomToken().slice(0, 16);
  readonly #roster: Roster;
  readonly #hear: (index: number, lock: string) => void;
  #subscriptions: (NoticeSubscription | undefined)[] | undefined;
  #closed = false;

  constructor(roster: Roster, hear: (index: number, lock: string) => void) {
    this.#roster = roster;
    this.#hear = hear;
  }

  /** Whether so many nodes can tell that the notice of a release comes in any case. */
  get active(): boolean {
    const { quorum } = this.#roster;
    let active = 0;
    for (const subscription of this.#subscriptions ?? []) if (subscription?.active) active++;
    return active >= quorum;
  }

  /** How one node stands, for operators. */
  standing(index: number): "unused" | "active" | "inactive" {
    if (this.#subscriptions === undefined) return "unused";
    return this.#subscriptions[index]?.active ? "active" : "inactive";
  }

  /** Listens from now on. */
  open(): void {
    if (this.#closed) return;
    this.#subscriptions ??= this.#roster.voters.map(({ node, index }) =>
      node.listen?.(this.process, (lock) => this.#hear(index, lock)),
    );
  }

  /** Listens no more. */
  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions ?? []) subscription?.stop();
    this.#subscriptions = undefined;
  }
}
