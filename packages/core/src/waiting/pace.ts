import { type Agenda, AgendaItem } from "../agenda.js";
import type { Clock } from "../clock.js";
import { exponentialBackoff } from "./backoff.js";
import type { Notices } from "./notices.js";
import type { Place } from "./place.js";
import type { Refusal } from "./refusal.js";

/** How often a head asks although notices arrive, in milliseconds: they are only hints. */
const RECHECK_MS = 1_000;
/** So that heads that wake when a lease expires don't come all at once. */
const WAKE_JITTER_MS = 5;
/** A head asks at least so often, whatever its strategy says: the nodes' queues live for three times as long. */
const LONGEST_DELAY_MS = 10_000;
/** How long a head that one node has called waits for others to call it, too. */
const CALL_MS = 2;
/** After so many attempts in vain, calls of single nodes are answered less and less promptly. */
const PROMPT_ANSWERS = 3;

const backoff = exponentialBackoff();

/** What a pace goes by. */
interface PaceParts {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly notices: Notices;
  readonly quorum: number;
}

/** When the head of a lane makes its next attempt. */
export class Pace extends AgendaItem {
  readonly #parts: PaceParts;
  readonly #attempt: () => void;
  /** Attempts in vain since the lock was had last. */
  #failures = 0;
  /** Whether releases were told already when the last attempt left: one before that would be missed. */
  #told = false;

  constructor(parts: PaceParts, attempt: () => void) {
    super();
    this.#parts = parts;
    this.#attempt = attempt;
  }

  get isPlanned(): boolean {
    return this.place !== -1;
  }

  override run(): void {
    this.#attempt();
  }

  /** An attempt leaves. `told`: whether releases are told from now on. */
  left(told: boolean): void {
    this.stop();
    this.#told = told;
  }

  /** An attempt was refused. `untold`: the lock can have become free since, and nobody tells. */
  failed(untold: boolean): void {
    this.#failures++;
    if (untold) this.#told = false;
  }

  /** The lock was had. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** No attempt is to be made. */
  stop(): void {
    this.#parts.agenda.remove(this);
  }

  /**
   * The next attempt is made when the lock can be free; at intervals, since notices are only hints; and when
   * enough nodes call.
   *
   * @param isOurs the lock is this process's, which will see it released
   * @param delayMs what the waiter's own strategy wants
   */
  plan(known: Refusal | undefined, isOurs: boolean, place: Place, delayMs: number | undefined): void {
    const { clock, agenda, notices, quorum } = this.#parts;
    const random = clock.random();
    const isHeld = known?.kind === "held" && !known.split;
    const isTold = isOurs || (this.#told && notices.active && place.queues >= quorum);
    const intervalMs =
      delayMs ?? (isHeld && isTold ? RECHECK_MS * (0.9 + random / 5) : this.#backoffMs(random));
    const freeInMs = known?.kind === "held" ? known.freeInMs : Infinity;
    const inMs = Math.min(intervalMs, freeInMs + random * WAKE_JITTER_MS, LONGEST_DELAY_MS);
    agenda.put(this, clock.monotonic() + inMs);
    this.answer(place.calls, isOurs);
  }

  /** Goes at once when a quorum calls, and a moment after the first call in any case. */
  answer(calls: number, isOurs: boolean): void {
    if (calls === 0) return;
    const { clock, agenda, quorum } = this.#parts;
    if (calls >= quorum) this.#attempt();
    // While the lock is ours, a single call is of the release before.
    else if (!isOurs) {
      // Nodes that call one by one with nothing to be had must not be answered at once for ever.
      const inMs = this.#failures < PROMPT_ANSWERS ? CALL_MS : this.#backoffMs(clock.random());
      const due = clock.monotonic() + inMs;
      if (due < agenda.dueOf(this)) agenda.put(this, due);
    }
  }

  #backoffMs(random: number): number {
    return backoff(Math.max(1, this.#failures), random) ?? RECHECK_MS;
  }
}
