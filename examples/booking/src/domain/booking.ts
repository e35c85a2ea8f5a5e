import type { SeatRef } from "./show.js";

/** What a customer asks for. */
export interface Order extends SeatRef {
  readonly customer: string;
}

/** A sold seat. */
export interface Booking extends Order {
  readonly id: string;
  /** Of the turn in which it was sold. */
  readonly fencingToken: number;
}
