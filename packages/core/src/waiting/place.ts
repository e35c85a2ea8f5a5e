import { FENCE_EPOCH_MS, FENCE_STEP } from "../quorum/fencing.js";
import type { VotePlace } from "../quorum/grant-vote.js";

/** The place of a lane in the nodes' queues: where it stands, and which nodes have called it. */
export class Place implements VotePlace {
  readonly process: string;
  ticket: number | undefined;
  readonly #withdraw: (nodes: readonly number[]) => void;
  readonly #enrolledAt = new Set<number>();
  readonly #callers = new Set<number>();
  #given = false;

  /** @param withdraw takes this process off the queues of some nodes */
  constructor(process: string, withdraw: (nodes: readonly number[]) => void) {
    this.process = process;
    this.#withdraw = withdraw;
  }

  /** Stands where somebody belongs who began to wait at wall time `wallMs`. A place is kept until the lock was had. */
  stand(wallMs: number): void {
    this.ticket ??= Math.max(1, Math.floor((wallMs - FENCE_EPOCH_MS) * FENCE_STEP));
  }

  /** Gives the place up for one at the back, at the next {@link stand}. */
  step(): void {
    this.ticket = undefined;
  }

  /** A node refused, and so has this process in its queue; heard late, too. */
  enrolled(index: number): void {
    if (this.#given) this.#withdraw([index]);
    else this.#enrolledAt.add(index);
  }

  /** A node granted, and so has taken this process off its queue. */
  taken(index: number): void {
    this.#enrolledAt.delete(index);
  }

  /** How many nodes have called since the last attempt. */
  get calls(): number {
    return this.#callers.size;
  }

  /** A node says that a lock is this process's to take. */
  called(index: number): void {
    this.#callers.add(index);
  }

  /** An attempt answers all calls. */
  answerCalls(): void {
    this.#callers.clear();
  }

  /** Nobody waits here at present, so nobody need be called. */
  vacate(): void {
    this.ticket = undefined;
    if (this.#enrolledAt.size === 0) return;
    this.#withdraw([...this.#enrolledAt]);
    this.#enrolledAt.clear();
  }

  /** Nobody will wait here any more: what is heard later is taken back at once. */
  giveUp(): void {
    this.#given = true;
    this.vacate();
  }
}
