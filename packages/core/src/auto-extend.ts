import { Agenda } from "./agenda.js";
import type { Clock } from "./clock.js";
import type { NodeVote } from "./errors.js";
import type { HeldLease } from "./held-lease.js";
import { publish } from "./telemetry.js";

/** How often clocks are compared while leases are held. */
const CLOCK_CHECK_MS = 1_000;
/** A jump of the wall clock that is worth looking at all leases for. */
const CLOCK_JUMP_MS = 50;
const LONGEST_RETRY_MS = 500;
/** How much earlier than planned a lease may be extended together with others, as a share of its ttl. */
const LEEWAY = 1 / 20;
/** Until this share of its ttl is over, a lease has been extended automatically once at most. */
const YOUNG = 2 / 5;
/** So many leases are looked at in one go. All their requests to a node leave together. */
const PORTION = 128;

/**
 * The one scheduler for all leases of a manager: it extends those that shall live on and ends those that
 * are over, with one timer, which does not keep the process alive.
 *
 * Leases that are due soon after one another are extended together, since what leaves for a node in one go costs the
 * node one call. No lease is ever extended later than planned for that, only earlier.
 */
export class AutoExtend {
  readonly #clock: Clock;
  readonly #agenda: Agenda;
  readonly #leases: () => Iterable<HeldLease>;
  #clockOffset: number;
  /** The leases whose automatic extension is under way. */
  readonly #extending = new Set<HeldLease>();
  /** What nodes said to the leases whose last automatic extension has failed. */
  readonly #failing = new Map<HeldLease, readonly NodeVote[]>();

  constructor(clock: Clock, leases: () => Iterable<HeldLease>) {
    this.#clock = clock;
    this.#leases = leases;
    this.#clockOffset = clock.wall() - clock.monotonic();
    this.#agenda = new Agenda(clock, false, CLOCK_CHECK_MS, () => this.#compareClocks(), PORTION);
  }

  /** Looks after a lease from `now` on, in good time before its end. */
  schedule(lease: HeldLease, now: number): void {
    this.#failing.delete(lease);
    if (!lease.open) return;
    const waitMs = this.#ttlOfNext(lease, now) > 0 ? this.#waitMs(lease, now) : lease.endsAt - now;
    this.#agenda.put(lease, now + waitMs);
  }

  /** Forgets a lease that has ended; nothing re-arms it. */
  remove(lease: HeldLease): void {
    this.#agenda.remove(lease);
    this.#failing.delete(lease);
  }

  /** Extends a lease, or ends it. */
  due(lease: HeldLease): void {
    const leftMs = lease.remainingMs();
    // Timers have a resolution of a millisecond, and telling too early does no harm.
    if (leftMs <= 1) {
      lease.expire(this.#failing.get(lease) ?? []);
      return;
    }
    const now = this.#clock.monotonic();
    const ttlMs = this.#extending.has(lease) ? 0 : this.#ttlOfNext(lease, now);
    // The end must be noticed while an extension gets no answer.
    this.#agenda.put(lease, now + leftMs);
    if (ttlMs > 0) void this.#extend(lease, ttlMs);
  }

  /** An ordinary extension may be early, but neither the end of a lease, nor another try after a failure. */
  leewayOf(lease: HeldLease): number {
    if (this.#extending.has(lease) || this.#failing.has(lease)) return 0;
    return this.#ttlOfNext(lease, this.#clock.monotonic()) > 0 ? lease.ttlMs * LEEWAY : 0;
  }

  /** Stops the timer. */
  close(): void {
    this.#agenda.clear();
  }

  /**
   * When to extend it next: after a third of what is left, which leaves time for several more tries.
   *
   * Leases that were acquired all at once would be extended all at once ever after. So the first wait is a little
   * shorter, by chance, and the one after it can be much shorter.
   */
  #waitMs(lease: HeldLease, now: number): number {
    const longest = (lease.endsAt - now) / 3;
    if (now - lease.acquiredAt >= lease.ttlMs * YOUNG) return longest;
    const spread = this.#extending.has(lease) ? 3 / 4 : 1 / 8;
    return longest * (1 - spread * this.#clock.random());
  }

  /** The ttl that an automatic extension asks for, 0 if the lease shall not be extended any more. */
  #ttlOfNext(lease: HeldLease, now: number): number {
    const { autoExtend, ttlMs, extendUntil } = lease;
    if (!autoExtend) return 0;
    // The last extension ends where the longest hold does, unless the lease nearly lasts so long already.
    const lastMs = Math.floor(extendUntil - now);
    if (lastMs >= ttlMs) return ttlMs;
    return lastMs - lease.remainingMs() < ttlMs / 5 ? 0 : lastMs;
  }

  async #extend(lease: HeldLease, ttlMs: number): Promise<void> {
    this.#extending.add(lease);
    const { kind, votes } = await lease.extendOnce(ttlMs, true);
    this.#extending.delete(lease);
    if (!lease.open || kind === "renewed") return;
    this.#failing.set(lease, votes);
    const left = lease.remainingMs();
    if (left <= lease.ttlMs / 3) {
      const { keys, owner, fencingToken } = lease;
      publish.atRisk(() => ({ keys, owner, fencingToken, remainingMs: left, error: undefined, votes }));
    }
    const waitMs = Math.min(left, LONGEST_RETRY_MS, lease.ttlMs / 10);
    this.#agenda.put(lease, this.#clock.monotonic() + waitMs);
  }

  /** A machine that was suspended, or whose clock was set, tells only by the difference of its clocks. */
  #compareClocks(): void {
    const offset = this.#clock.wall() - this.#clock.monotonic();
    const jumped = Math.abs(offset - this.#clockOffset) > CLOCK_JUMP_MS;
    this.#clockOffset = offset;
    if (!jumped) return;
    for (const lease of this.#leases()) if (!lease.valid) lease.expire([]);
  }
}
