import { FENCE_EPOCH_MS, FENCE_STEP } from "../quorum/fencing.js";
import type { VotePlace } from "../quorum/attempt.js";

/** The place of a lane in the nodes' queues: where it stands, and which nodes have called it. */
export class Place implements VotePlace {
  readonly process: string;
  ticket: number | undefined;
  readonly #withdraw: (nodes: readonly number[]) => void;
  #enrolledAt: Set<number> | undefined;
  #callers: Set<number> | undefined;
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
    else (this.#enrolledAt ??= new Set()).add(index);
  }

  /** A node granted, and so has taken this process off its queue. */
  taken(index: number): void {
    this.#enrolledAt?.delete(index);
  }

  /** How many nodes have this process in their queues. */
  get queues(): number {
    return this.#enrolledAt?.size ?? 0;
  }

  /** How many nodes have called since the last attempt. */
  get calls(): number {
    return this.#callers?.size ?? 0;
  }

  /** A node says that a lock is this process's to take, and has taken it off its queue. */
  called(index: number): void {
    (this.#callers ??= new Set()).add(index);
    this.#enrolledAt?.delete(index);
  }

  /** An attempt answers all calls. */
  answerCalls(): void {
    this.#callers?.clear();
  }

  /** Nobody will wait here any more, so nobody need be called; what is heard later is taken back at once. */
  giveUp(): void {
    this.#given = true;
    const nodes = [...(this.#enrolledAt ?? [])];
    if (nodes.length > 0) this.#withdraw(nodes);
    this.#enrolledAt = undefined;
  }
}
