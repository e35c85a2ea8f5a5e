import type { SeatRef } from "./show.js";

/** What a customer asks for. */
export interface Order extends SeatRef {
  readonly customer: string;
  /** Of a hold that the customer has on the seat. */
  readonly holdToken?: string | undefined;
  /** Whether it is one of a rush's, which the next rush takes back. For the demonstration: nothing to copy. */
  readonly rush?: boolean;
}

/** A sold seat. */
export interface Booking extends SeatRef {
  readonly id: string;
  readonly customer: string;
  /** Of the turn in which it was sold; `null` for a sale without a lock. */
  readonly fencingToken: number | null;
}
