/**
 * A caller's turn at a seat: nobody else is at work on it until `signal` aborts. How turns are given out is no
 * matter of the domain; each has a higher fencing token than those before it at the same seat.
 */
export interface Turn {
  readonly fencingToken: number;
  /** Aborts when the turn is over too early, or nobody wants its result any more. */
  readonly signal: AbortSignal;
}
