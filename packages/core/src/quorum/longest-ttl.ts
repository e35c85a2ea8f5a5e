import type { Clock } from "../clock.js";
import type { Voter } from "./voter.js";

/** Nodes remember a lease time for as long as it is, and so much longer; it is said again twice as often. In milliseconds. */
const LIFE_MS = 3_600_000;

/** A longer lease than the manager's own. */
interface LongLease {
  readonly ttlMs: number;
  /** Monotonic time at which the last one is over for certain. */
  readonly overAt: number;
}

/**
 * The longest lease time in use under a prefix, by this manager or by others. A node that restarted may have forgotten a
 * lease of anybody's for as long as that.
 *
 * Each node is told of a lease time before it is asked for the first lease of it, over the same connection. So a lease
 * that a quorum granted is announced on a quorum; and whoever hears of it from the nodes that did not restart, before it
 * has their votes, leaves out the one that did. Whoever can't ask enough of them goes by what it knows.
 */
export class LongestTtl {
  readonly #voters: readonly Voter[];
  readonly #record: string;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  /** From the longest to the shortest, and so from the first to be over to the last. */
  readonly #longer: LongLease[] = [];
  readonly #heardMs = new Map<number, number>();
  #saidMs: number;
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
    this.#ttlMs = ttlMs;
    this.#saidMs = ttlMs;
    this.#saidAt = clock.monotonic();
  }

  /** As far as it is known by now. */
  get inUseMs(): number {
    return Math.max(this.#ownMs(this.#clock.monotonic()), ...this.#heardMs.values());
  }

  /** A lease of `ttlMs` is about to be asked for. */
  saw(ttlMs: number): void {
    const now = this.#clock.monotonic();
    const ownMs = this.#ownMs(now);
    if (ttlMs > this.#ttlMs) {
      while ((this.#longer.at(-1)?.ttlMs ?? Infinity) <= ttlMs) this.#longer.pop();
      // Nodes may grant it somewhat later, and their clocks may be slower.
      this.#longer.push({ ttlMs, overAt: now + 2 * ttlMs });
    }
    const isNews = ttlMs > ownMs || ownMs > this.#saidMs;
    if (isNews || now - this.#saidAt >= LIFE_MS / 2) void this.exchange();
  }

  #ownMs(now: number): number {
    while ((this.#longer[0]?.overAt ?? Infinity) <= now) this.#longer.shift();
    return this.#longer[0]?.ttlMs ?? this.#ttlMs;
  }

  /**
   * Tells all nodes that can be told, and settles when all have answered. Those that come later are told when they have
   * come.
   */
  async exchange(): Promise<void> {
    this.#saidAt = this.#clock.monotonic();
    this.#saidMs = this.#ownMs(this.#saidAt);
    const met = this.#voters.filter(({ identity }) => identity !== undefined);
    await Promise.all(met.map((voter) => this.exchangeWith(voter)));
  }

  async exchangeWith({ node, index }: Voter): Promise<void> {
    // A node that is alone has nobody to hear from when it has forgotten.
    if (this.#voters.length === 1) return;
    const ownMs = this.#ownMs(this.#clock.monotonic());
    await node.announce?.(this.#record, ownMs, ownMs + LIFE_MS).then(
      (longestMs) => {
        // Somebody else may have put something else there.
        if (!Number.isSafeInteger(longestMs)) return;
        const isNews = longestMs > this.inUseMs;
        this.#heardMs.set(index, longestMs);
        if (isNews) this.onLonger?.();
      },
      // A node that can't keep it has worse to tell when it is asked to vote.
      () => {},
    );
  }
}
