import { attemptBeside, tellContended } from "./attempt-once.js";
import { Knowledge } from "./knowledge.js";
import type { LaneHome } from "./lane-home.js";
import { Line } from "./line.js";
import { Pace } from "./pace.js";
import { Place } from "./place.js";
import type { Refusal } from "./refusal.js";
import { Turns } from "./turns.js";
import { attemptOf, type Waiter, type Wanted } from "./waiter.js";

/**
 * The waiters of one process for one set of keys, first in, first out. Only the head makes attempts; the others cost
 * nothing but their place.
 */
export class Lane<Won extends { readonly kind: "won" }> {
  readonly id: string;
  readonly keys: readonly string[];
  readonly place: Place;
  readonly #home: LaneHome<Lane<Won>>;
  readonly #turns = new Turns();
  readonly #line = new Line<Won>();
  readonly knowledge: Knowledge<Won>;
  readonly #pace: Pace;
  isAttempting = false;
  /** What came through it and has not ended yet. */
  #holding: { readonly wanted: Wanted<Won>; readonly won: Won } | undefined;
  /** The attempt that is under way follows right behind a release of this process. */
  #handingOver = false;
  #over = false;
  /** Lanes that want the same, and ask in turn if this one gets nothing. */
  #successors: readonly Lane<Won>[] = [];

  constructor(id: string, keys: readonly string[], home: LaneHome<Lane<Won>>) {
    this.id = id;
    this.keys = keys;
    this.#home = home;
    this.knowledge = new Knowledge(home.clock);
    this.#pace = new Pace(home, () => this.#attempt());
    this.place = new Place(home.notices.process, (nodes) => home.withdraw(this, nodes));
  }

  get isWanted(): boolean {
    return !this.#line.isEmpty || this.isAttempting;
  }

  /** Whether its head can make an attempt at once. */
  get isReady(): boolean {
    return this.#line.head !== undefined && !this.isAttempting;
  }

  get isHolding(): boolean {
    return this.#holding !== undefined;
  }

  /** Since when its head waits, by the monotonic clock. */
  get headSince(): number {
    return this.#line.head?.since ?? Infinity;
  }

  /** Somebody makes an attempt who does not wait yet; nobody else makes one meanwhile. */
  begin(told = this.#home.notices.active): void {
    this.isAttempting = true;
    this.#pace.left(told);
  }

  /** What had begun has won. Nothing is kept of a lock without contention. */
  begunHasWon(wanted: Wanted<Won>, won: Won): void {
    this.isAttempting = false;
    if (!this.#line.isEmpty) this.#granted(wanted, won);
    else this.#endIfEmpty();
  }

  /** What had begun was refused, and `waiter` waits now, first of all. */
  begunWaits(waiter: Waiter<Won>, refusal: Refusal): void {
    this.isAttempting = false;
    this.#line.head = waiter;
    this.#refused(waiter, refusal);
  }

  /** What had begun has come to nothing, and nobody waits because of it. */
  begunHasFailed(refusal: Refusal | undefined): void {
    this.isAttempting = false;
    if (refusal !== undefined) this.knowledge.learn(refusal);
    this.#line.moveUp();
    if (refusal === undefined) this.#attempt();
    else this.#plan();
    this.#endIfEmpty();
  }

  /** Waits last. */
  join(waiter: Waiter<Won>): void {
    this.#line.join(waiter);
    if (this.#line.head !== undefined || this.isAttempting) return;
    this.#line.moveUp();
    if (this.#holding !== undefined) this.#plan();
    else this.#attempt();
  }

  /** A node says that a key is this process's to take. */
  called(index: number, successors: readonly Lane<Won>[]): void {
    const { wanted, won } = this.#holding ?? {};
    if (won !== undefined && wanted?.take(won, index, this.place)) return;
    this.#successors = successors;
    this.place.called(index);
    if (this.isReady) this.#pace.answer(this.place.calls, this.#holding !== undefined);
  }

  /** Whether the head may take the lock right behind a release, before any other process. */
  get hasTurn(): boolean {
    return this.#turns.isLeft(this.#home.clock.monotonic());
  }

  /** A lease over keys of this lane has ended, and its release, if there is one, is on its way. */
  freed(keepsTurn: boolean): void {
    const { clock } = this.#home;
    // Only who has had turns goes to the back.
    if (this.#holding !== undefined && !keepsTurn) {
      this.place.step();
      this.place.stand(clock.wall());
    }
    this.#holding = undefined;
    if (keepsTurn) this.#turns.take(clock.monotonic());
    else this.#turns.startAnew();
    this.#handingOver = keepsTurn;
    if (!this.#pace.isPlanned) this.#plan();
    this.#endIfEmpty();
  }

  /** The head asks now; if it gets nothing, the next of those who want the same. */
  ask(successors: readonly Lane<Won>[]): void {
    this.#successors = successors;
    this.#attempt();
  }

  /** A waiter has left without the lock. */
  left(waiter: Waiter<Won>): void {
    this.knowledge.forget(waiter);
    if (waiter !== this.#line.head) this.#line.remove(waiter);
    else if (this.isAttempting) this.#line.head = undefined;
    else {
      this.#line.moveUp();
      if (!this.#pace.isPlanned) this.#plan();
    }
    this.#endIfEmpty();
  }

  timedOut(waiter: Waiter<Won>): void {
    // Its attempt, or the first of all, will tell in a moment what to say.
    if (waiter === this.#line.head && this.isAttempting) return;
    this.knowledge.turnAway(waiter);
  }

  #attempt(): void {
    const { head } = this.#line;
    if (head === undefined || this.isAttempting) return;
    const { clock } = this.#home;
    const now = clock.monotonic();
    this.begin();
    this.place.answerCalls();
    this.place.stand(clock.wall() - (now - head.since));
    head.attempting(now);
    this.knowledge.forget(head); // Its own attempt tells it how it stands, also when its time is up.
    attemptOf(head.wanted, this.place).then(
      (result) => this.#settled(head, result),
      (error: unknown) => this.#broken(head, error),
    );
  }

  #settled(waiter: Waiter<Won>, result: Won | Refusal): void {
    this.isAttempting = false;
    if (result.kind !== "won") return this.#refused(waiter, result);
    if (waiter.left) {
      waiter.wanted.discard(result);
      this.#handingOver = false;
      this.#line.moveUp();
      this.#attempt();
      this.#endIfEmpty();
      return;
    }
    this.#line.head = undefined;
    if (this.#handingOver) this.#home.tally.handedOver++;
    this.#granted(waiter.wanted, result);
    waiter.win(result);
    const { token } = waiter.wanted.options; // It is theirs, too, who wait under the same.
    if (token !== undefined)
      for (const other of this.#line.under(token)) attemptBeside(other, this.place, this.#home.clock);
  }

  #broken(waiter: Waiter<Won>, error: unknown): void {
    this.isAttempting = false;
    waiter.leave(error);
    if (this.#line.head === undefined) this.#line.moveUp();
    this.#attempt();
    if (this.#handingOver && !this.isAttempting) this.#home.withdraw(this, undefined); // Its release woke nobody.
    this.#endIfEmpty();
  }

  #granted(wanted: Wanted<Won>, won: Won): void {
    this.#holding = { wanted, won };
    this.#handingOver = false;
    this.#pace.succeeded();
    this.place.answerCalls();
    this.knowledge.learn({ kind: "held", votes: [], freeInMs: wanted.options.ttlMs });
    this.place.step();
    this.#line.moveUp();
    this.#plan();
  }

  #refused(waiter: Waiter<Won>, refusal: Refusal): void {
    // The release before it was to wake nobody, so nobody will tell of one.
    this.#pace.failed(this.#handingOver);
    this.#handingOver = false;
    this.#home.notices.open();
    this.knowledge.learn(refusal);
    tellContended(waiter.wanted, refusal, waiter.attempts);
    const delayMs = waiter.delayMs(this.#home.clock);
    if (delayMs === null) this.knowledge.turnAway(waiter);
    if (this.#line.head === undefined) this.#line.moveUp();
    if (!this.#pace.isPlanned) this.#plan(waiter.left ? undefined : (delayMs ?? undefined));
    this.#endIfEmpty();
    const [next, ...others] = this.#successors;
    this.#successors = [];
    if (next?.isReady) next.ask(others);
  }

  #plan(delayMs?: number): void {
    if (!this.isReady) return;
    this.#pace.plan(this.knowledge.last, this.#holding !== undefined, this.place, delayMs);
  }

  #endIfEmpty(): void {
    if (this.#over || this.#holding !== undefined || this.isWanted) return;
    this.#over = true;
    this.#pace.stop();
    this.#home.emptied(this);
    this.place.giveUp();
  }
}
