import type { Clock } from "../clock.js";
import type { Voter } from "./voter.js";

/** Nodes remember for so long that a lease time is in use, in milliseconds. It is said again twice as often. */
const LIFE_MS = 24 * 3_600_000;

/**
 * The longest lease time in use under a prefix, by this manager or by others. A node that restarted may have forgotten a
 * lease of anybody's for as long as that.
 *
 * Each node is told of a lease time before it is asked for the first lease of it, over the same connection. So a lease
 * that a quorum granted is announced on a quorum; and whoever hears of it from the nodes that did not restart, before it
 * has their votes, leaves out the one that did.
 */
export class LongestTtl {
  readonly #voters: readonly Voter[];
  readonly #record: string;
  readonly #clock: Clock;
  #ownMs: number;
  readonly #heardMs = new Map<number, number>();
  #saidAt: number;
  /** Hears that another process uses longer leases than were known of. */
  onLonger: (() => void) | undefined;

  /**
   * @param voters may still be filled
   * @param record what the nodes keep it under
   * @param ttlMs the manager's lease time
   */
  constructor(voters: readonly Voter[], record: string, ttlMs: number, clock: Clock) {
    this.#voters = voters;
    this.#record = record;
    this.#clock = clock;
    this.#ownMs = ttlMs;
    this.#saidAt = clock.monotonic();
  }

  /** As far as it is known by now. */
  get inUseMs(): number {
    return Math.max(this.#ownMs, ...this.#heardMs.values());
  }

  /** A lease of `ttlMs` is about to be asked for. */
  saw(ttlMs: number): void {
    if (ttlMs > this.#ownMs) this.#ownMs = ttlMs;
    else if (this.#clock.monotonic() - this.#saidAt < LIFE_MS / 2) return;
    void this.exchange();
  }

  /**
   * Tells all nodes that can be told, and settles when all have answered. Those that come later are told when they have
   * come.
   */
  async exchange(): Promise<void> {
    this.#saidAt = this.#clock.monotonic();
    const met = this.#voters.filter(({ identity }) => identity !== undefined);
    await Promise.all(met.map((voter) => this.exchangeWith(voter)));
  }

  async exchangeWith({ node, index }: Voter): Promise<void> {
    // A node that is alone has nobody to hear from when it has forgotten.
    if (this.#voters.length === 1) return;
    await node.announce?.(this.#record, this.#ownMs, LIFE_MS).then(
      (longestMs) => {
        const isNews = longestMs > this.inUseMs;
        this.#heardMs.set(index, longestMs);
        if (isNews) this.onLonger?.();
      },
      // A node that can't keep it has worse to tell when it is asked to vote.
      () => {},
    );
  }
}
