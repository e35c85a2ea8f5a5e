import type { Agenda } from "../agenda.js";
import type { Clock } from "../clock.js";
import type { Notices } from "./notices.js";
import type { Waiter } from "./waiter.js";

/** What the lanes of a waiting room share. */
export interface LaneHome<Won, Lane> {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly notices: Notices;
  readonly quorum: number;
  /** An attempt at once for a waiter who need not be the head. */
  tryBeside(waiter: Waiter<Won>): void;
  /** A waiter got the lock in the same moment in which another of this process gave it back. */
  handedOver(): void;
  /** Takes this process off the queues of some nodes (default: all), unless another lane needs its place there. */
  withdraw(lane: Lane, nodes: readonly number[] | undefined): void;
  /** Nobody is in the lane any more. */
  emptied(lane: Lane): void;
}
