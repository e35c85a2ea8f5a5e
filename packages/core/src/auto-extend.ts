import { Agenda, AgendaItem } from "./agenda.js";
import type { Clock } from "./clock.js";
import type { NodeVote } from "./errors.js";
import type { HeldLease } from "./held-lease.js";
import { publish } from "./telemetry.js";

/** How often clocks are compared while leases are held. */
const CLOCK_CHECK_MS = 1_000;
/** A jump of the wall clock that is worth looking at all leases for. */
const CLOCK_JUMP_MS = 50;
const LONGEST_RETRY_MS = 500;

/**
 * The one scheduler for all leases of a manager: it extends those that shall live on and ends those that
 * are over, with one timer, which does not keep the process alive.
 */
export class AutoExtend {
  readonly #clock: Clock;
  readonly #agenda: Agenda;
  readonly #leases: () => Iterable<HeldLease>;
  #clockOffset: number;

  constructor(clock: Clock, leases: () => Iterable<HeldLease>) {
    this.#clock = clock;
    this.#leases = leases;
    this.#clockOffset = clock.wall() - clock.monotonic();
    this.#agenda = new Agenda(clock, false, CLOCK_CHECK_MS, () => this.#compareClocks());
  }

  /** Looks after a lease from now on. */
  add(lease: HeldLease): void {
    const upkeep = new Upkeep(lease, this.#agenda, this.#clock);
    lease.upkeep = upkeep;
    upkeep.schedule();
  }

  /** Looks at a lease again in good time before its new end. */
  reschedule(lease: HeldLease): void {
    lease.upkeep?.schedule();
  }

  /** Forgets a lease that has ended; nothing re-arms it. */
  remove(lease: HeldLease): void {
    if (lease.upkeep !== undefined) this.#agenda.remove(lease.upkeep);
  }

  /** Stops the timer. */
  close(): void {
    this.#agenda.clear();
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

/** When a lease is looked at next. */
class Upkeep extends AgendaItem {
  readonly #lease: HeldLease;
  readonly #agenda: Agenda;
  readonly #clock: Clock;
  #extending = false;
  #votes: readonly NodeVote[] = [];

  constructor(lease: HeldLease, agenda: Agenda, clock: Clock) {
    super();
    this.#lease = lease;
    this.#agenda = agenda;
    this.#clock = clock;
  }

  /** After a third of what is left, which leaves time for several more tries; or at the end. */
  schedule(): void {
    const { endsAt } = this.#lease;
    const left = this.#lease.remainingMs();
    if (this.#lease.open) this.#agenda.put(this, this.#extends ? endsAt - (left * 2) / 3 : endsAt);
  }

  override run(): void {
    // Timers have a resolution of a millisecond, and telling too early does no harm.
    if (this.#lease.remainingMs() <= 1) {
      this.#lease.expire(this.#votes);
      return;
    }
    const extend = this.#extends && !this.#extending;
    // The end must be noticed while an extension gets no answer.
    this.#putIn(this.#lease.remainingMs());
    if (extend) void this.#extend();
  }

  get #extends(): boolean {
    const { autoExtend, extendUntil } = this.#lease;
    return autoExtend && (extendUntil === Infinity || this.#clock.monotonic() < extendUntil);
  }

  async #extend(): Promise<void> {
    const lease = this.#lease;
    // The last extension ends where the longest hold does, unless the lease nearly lasts so long already.
    const ttlMs = Math.min(lease.ttlMs, Math.floor(lease.extendUntil - this.#clock.monotonic()));
    if (ttlMs < lease.ttlMs && ttlMs - lease.remainingMs() < lease.ttlMs / 5) return;
    this.#extending = true;
    const result = await lease.extendOnce(ttlMs, true);
    this.#extending = false;
    if (!lease.open) return;
    this.#votes = result.votes;
    if (result.kind === "renewed") return;
    const left = lease.remainingMs();
    if (left <= lease.ttlMs / 3) {
      const { keys, owner, fencingToken } = lease;
      publish.atRisk(() => ({
        keys,
        owner,
        fencingToken,
        remainingMs: left,
        error: undefined,
        votes: result.votes,
      }));
    }
    this.#putIn(Math.min(left, LONGEST_RETRY_MS, lease.ttlMs / 10));
  }

  #putIn(delayMs: number): void {
    if (this.#lease.open) this.#agenda.put(this, this.#clock.monotonic() + delayMs);
  }
}
