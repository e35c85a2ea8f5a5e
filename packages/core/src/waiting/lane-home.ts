import type { Agenda } from "../agenda.js";
import type { Clock } from "../clock.js";
import type { Notices } from "./notices.js";

/** What the lanes of a waiting room share. */
export interface LaneHome<Lane> {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly notices: Notices;
  readonly quorum: number;
  /** How many waiters got the lock in the same moment in which another of this process gave it back. */
  readonly tally: { handedOver: number };
  /** Takes this process off the queues of some nodes (default: all), unless another lane needs its place there. */
  withdraw(lane: Lane, nodes: readonly number[] | undefined): void;
  /** Nobody is in the lane any more. */
  emptied(lane: Lane): void;
}
