import { type Agenda, AgendaItem } from "../agenda.js";
import type { Clock } from "../clock.js";
import { publish } from "../telemetry.js";
import type { Notices } from "./notices.js";
import { delayOf, minorityCallMs, nextAttemptMs } from "./pace.js";
import { Place } from "./place.js";
import { type Refusal, refusedError } from "./refusal.js";
import { Turns } from "./turns.js";
import { attemptOf, type Waiter } from "./waiter.js";

/** What the lanes of a waiting room share. */
export interface LaneHome<Won extends { readonly kind: "won" }> {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly notices: Notices;
  readonly quorum: number;
  /** Takes this process off the queues of some nodes, unless another lane needs its place there. */
  withdraw(lane: Lane<Won>, nodes: readonly number[]): void;
  /** An attempt at once for a waiter who need not be the head. */
  tryBeside(waiter: Waiter<Won>): void;
  /** A waiter got the lock in the same moment in which another of this process gave it back. */
  handedOver(): void;
  /** Nobody is in the lane any more. */
  emptied(lane: Lane<Won>): void;
}

/**
 * The waiters of one process for one set of keys, first in, first out. Only the head makes attempts; the others cost
 * nothing but their place. On the agenda for the head's next attempt.
 */
export class Lane<Won extends { readonly kind: "won" }> extends AgendaItem {
  readonly id: string;
  readonly keys: readonly string[];
  readonly queuePlace: Place;
  readonly #home: LaneHome<Won>;
  readonly #turns = new Turns();
  readonly #rest = new Set<Waiter<Won>>();
  /** Whose time ran out before anything was known. */
  readonly #overdue = new Set<Waiter<Won>>();
  #head: Waiter<Won> | undefined;
  #attempting = false;
  /** A lease that came through this lane has not ended yet. */
  #holding = false;
  /** The attempt that is under way follows right behind a release of this process. */
  #handingOver = false;
  #over = false;
  /** Whether releases were told already when the last attempt left: one before that would be missed. */
  #told = false;
  /** Attempts in vain since the lock was had last. */
  #failures = 0;
  /** What the last attempt told, and when. */
  #known: { readonly refusal: Refusal; readonly at: number } | undefined;

  constructor(id: string, keys: readonly string[], home: LaneHome<Won>) {
    super();
    this.id = id;
    this.keys = keys;
    this.#home = home;
    this.queuePlace = new Place(home.notices.process, (nodes) => home.withdraw(this, nodes));
  }

  /** Whether somebody in it wants the lock. */
  get isWanted(): boolean {
    return this.#head !== undefined || this.#rest.size > 0 || this.#attempting;
  }

  /** Whether its head can make an attempt at once. */
  get isReady(): boolean {
    return this.#head !== undefined && !this.#attempting;
  }

  /** Since when its head waits, by the monotonic clock. */
  get headSince(): number {
    return this.#head?.since ?? Infinity;
  }

  /** What is known of whoever has the lock. */
  get known(): Refusal | undefined {
    if (this.#known === undefined) return undefined;
    const { refusal, at } = this.#known;
    if (refusal.kind !== "held") return refusal;
    return { ...refusal, freeInMs: Math.max(0, refusal.freeInMs - (this.#home.clock.monotonic() - at)) };
  }

  /** Somebody makes an attempt who does not wait yet; nobody else makes one meanwhile. */
  begin(): void {
    this.#attempting = true;
    this.#told = this.#home.notices.active;
  }

  /** What had begun has won. Nothing is kept of a lock without contention. */
  begunHasWon(ttlMs: number): void {
    this.#attempting = false;
    if (this.#rest.size > 0) this.#granted(ttlMs);
    else this.#endIfEmpty();
  }

  /** What had begun was refused, and `waiter` waits now, first of all. */
  begunWaits(waiter: Waiter<Won>, refusal: Refusal): void {
    this.#attempting = false;
    this.#head = waiter;
    this.#refused(waiter, refusal);
  }

  /** What had begun has come to nothing, and nobody waits because of it. */
  begunHasFailed(refusal: Refusal | undefined): void {
    this.#attempting = false;
    if (refusal !== undefined) this.#learn(refusal);
    this.#next();
    if (refusal === undefined) this.#attempt();
    else this.#plan();
    this.#endIfEmpty();
  }

  /** Waits last. */
  join(waiter: Waiter<Won>): void {
    this.#rest.add(waiter);
    if (this.#head !== undefined || this.#attempting) return;
    this.#next();
    if (this.#holding) this.#plan();
    else this.#attempt();
  }

  /** The head's next attempt is due. */
  override run(): void {
    this.#attempt();
  }

  /** A node says that a lock is this process's to take. */
  called(index: number): void {
    this.queuePlace.called(index);
    if (!this.#attempting) this.#answerCalls();
  }

  /** Whether the head may take the lock right behind a release, before any other process. */
  get hasTurn(): boolean {
    return this.#turns.isLeft(this.#home.clock.monotonic());
  }

  /** A lease over keys of this lane has ended and its release, if there is one, is on its way: the head asks right behind. */
  freed(keepsTurn: boolean): void {
    this.#holding = false;
    if (this.isReady && keepsTurn) this.#turns.take(this.#home.clock.monotonic());
    else {
      this.#turns.startAnew();
      this.queuePlace.step();
      this.queuePlace.stand(this.#home.clock.wall());
    }
    this.#handingOver = this.isReady && keepsTurn;
    this.#attempt();
    this.#endIfEmpty();
  }

  /** A waiter has left without the lock. */
  left(waiter: Waiter<Won>): void {
    this.#overdue.delete(waiter);
    if (waiter !== this.#head) this.#rest.delete(waiter);
    else if (this.#attempting) this.#head = undefined;
    else {
      this.#next();
      if (this.place === -1) this.#plan();
    }
    this.#endIfEmpty();
  }

  /** A waiter's time is up. */
  timedOut(waiter: Waiter<Won>): void {
    // Its attempt, or the first of all, will tell in a moment what to say.
    if (waiter === this.#head && this.#attempting) return;
    if (this.#known === undefined) this.#overdue.add(waiter);
    else this.#turnAway(waiter);
  }

  #attempt(): void {
    const head = this.#head;
    if (head === undefined || this.#attempting) return;
    const { clock, agenda } = this.#home;
    agenda.remove(this);
    this.#attempting = true;
    this.#told = this.#home.notices.active;
    this.queuePlace.answerCalls();
    this.queuePlace.stand(clock.wall() - (clock.monotonic() - head.since));
    head.attempts++;
    attemptOf(head.wanted, this.queuePlace).then(
      (result) => this.#settled(head, result),
      (error: unknown) => this.#broken(head, error),
    );
  }

  #settled(waiter: Waiter<Won>, result: Won | Refusal): void {
    this.#attempting = false;
    if (result.kind !== "won") {
      this.#refused(waiter, result);
      return;
    }
    if (waiter.left) {
      waiter.wanted.discard(result);
      this.#next();
      this.#attempt();
      this.#endIfEmpty();
      return;
    }
    this.#head = undefined;
    if (this.#handingOver) this.#home.handedOver();
    const { ttlMs, token } = waiter.wanted.options;
    this.#granted(ttlMs);
    waiter.win(result);
    // It is theirs, too.
    if (token !== undefined) for (const other of this.#waitersUnder(token)) this.#home.tryBeside(other);
  }

  #broken(waiter: Waiter<Won>, error: unknown): void {
    this.#attempting = false;
    waiter.leave(error instanceof Error ? error : new Error(String(error)));
    if (this.#head === undefined) this.#next();
    this.#attempt();
    this.#endIfEmpty();
  }

  #granted(ttlMs: number): void {
    this.#holding = true;
    this.#handingOver = false;
    this.#failures = 0;
    this.queuePlace.answerCalls();
    this.#learn({ kind: "held", votes: [], freeInMs: ttlMs });
    this.#next();
    if (this.#head === undefined) this.queuePlace.vacate();
    else this.queuePlace.step();
    this.#plan();
  }

  #refused(waiter: Waiter<Won>, refusal: Refusal): void {
    const { options, keys } = waiter.wanted;
    this.#failures++;
    this.#handingOver = false;
    this.#home.notices.open();
    this.#learn(refusal);
    if (refusal.kind === "held") {
      const { freeInMs } = refusal;
      publish.contended(() => ({ keys, owner: options.owner, attempt: waiter.attempts, freeInMs }));
    }
    const delayMs = waiter.left ? null : this.#delayFor(waiter);
    if (delayMs === null) this.#turnAway(waiter);
    if (this.#head === undefined) this.#next();
    if (this.place === -1) this.#plan(waiter.left ? undefined : (delayMs ?? undefined));
    this.#endIfEmpty();
  }

  /** When a waiter's own strategy wants the next attempt; `undefined` without one, `null` when there is to be none. */
  #delayFor(waiter: Waiter<Won>): number | null | undefined {
    const { retry, waitMs } = waiter.wanted.options;
    const { clock } = this.#home;
    try {
      const delayMs = retry && delayOf(retry, waiter.attempts, clock.random());
      // Less than a timer's resolution is no time left.
      return waitMs - (clock.monotonic() - waiter.since) < 1 ? null : delayMs;
    } catch (error) {
      waiter.leave(error as Error);
      return null;
    }
  }

  /** Puts the head's next attempt on the agenda. */
  #plan(delayMs?: number): void {
    if (this.#head === undefined) return;
    const { clock, agenda, notices } = this.#home;
    const told = this.#holding || (this.#told && notices.active);
    const inMs = nextAttemptMs(this.known, this.#failures, clock, told, delayMs);
    agenda.put(this, clock.monotonic() + inMs);
    this.#answerCalls();
  }

  /** Goes at once when a quorum calls, and a moment after the first call in any case. */
  #answerCalls(): void {
    const { calls } = this.queuePlace;
    if (this.#head === undefined || calls === 0) return;
    const { clock, agenda, quorum } = this.#home;
    if (calls >= quorum) this.#attempt();
    // While the lock is ours, a single call is of the release before.
    else if (!this.#holding) {
      const due = clock.monotonic() + minorityCallMs(this.#failures, clock);
      if (this.place === -1 || due < this.due) agenda.put(this, due);
    }
  }

  #learn(refusal: Refusal): void {
    this.#known = { refusal, at: this.#home.clock.monotonic() };
    for (const waiter of this.#overdue) this.#turnAway(waiter);
  }

  #turnAway(waiter: Waiter<Won>): void {
    const { known } = this;
    const { keys, attempts, since } = waiter;
    if (known === undefined || waiter.left) return;
    waiter.leave(refusedError(keys, known, attempts, this.#home.clock.monotonic() - since));
  }

  #waitersUnder(token: string): Waiter<Won>[] {
    const all = this.#head === undefined ? [] : [this.#head, ...this.#rest];
    return all.filter((waiter) => waiter.wanted.options.token === token);
  }

  /** The first of the others becomes the head. */
  #next(): void {
    this.#head = this.#rest.values().next().value;
    if (this.#head !== undefined) this.#rest.delete(this.#head);
  }

  #endIfEmpty(): void {
    if (this.#over || this.#holding || this.isWanted) return;
    this.#over = true;
    this.#home.agenda.remove(this);
    this.#home.emptied(this);
    this.queuePlace.giveUp();
  }
}
