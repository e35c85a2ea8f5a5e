import type { VotePlace } from "../quorum/attempt.js";
import type { Lane } from "./lane.js";

/** Where a {@link First} turns to. */
interface FirstHome {
  readonly notices: { readonly process: string; readonly active: boolean };
  /** Takes this process off the queues of one key. */
  withdrawKey(key: string, nodes: readonly number[]): void;
}

/**
 * The first attempt at a key that nobody else of this process wants. Nearly every lock needs no more, so this is all
 * that it costs; it becomes a lane as soon as somebody has to wait.
 */
export class First<Won extends { readonly kind: "won" }> implements VotePlace {
  readonly ticket = undefined;
  readonly key: string;
  /** Whether releases were told already when the attempt left. */
  readonly told: boolean;
  lane: Lane<Won> | undefined;
  readonly #home: FirstHome;
  #enrolledAt: number[] | undefined;
  #callers: number[] | undefined;
  #over = false;

  constructor(key: string, home: FirstHome) {
    this.key = key;
    this.#home = home;
    this.told = home.notices.active;
  }

  get process(): string {
    return this.#home.notices.process;
  }

  enrolled(index: number): void {
    if (this.lane !== undefined) this.lane.place.enrolled(index);
    else if (this.#over) this.#home.withdrawKey(this.key, [index]);
    else (this.#enrolledAt ??= []).push(index);
  }

  taken(): void {
    // It stood in no queue before.
  }

  called(index: number): void {
    (this.#callers ??= []).push(index);
  }

  /** Goes on in a lane, which is told all that was heard. */
  goOnIn(lane: Lane<Won>): void {
    this.lane = lane;
    for (const index of this.#enrolledAt ?? []) lane.place.enrolled(index);
    for (const index of this.#callers ?? []) lane.place.called(index);
  }

  /** Nobody waits because of it. */
  giveUp(): void {
    this.#over = true;
    if (this.#enrolledAt !== undefined) this.#home.withdrawKey(this.key, this.#enrolledAt);
  }
}
