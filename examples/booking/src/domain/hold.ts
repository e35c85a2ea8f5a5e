/** A seat that is kept for somebody for a while, until it is paid for or given up. */
export interface Hold {
  /** The secret of whoever holds the seat: good in any later request, on any server. */
  readonly token: string;
  readonly customer: string;
  /** How long it lasts from now on. */
  readonly forMs: number;
}

/** What whoever holds a seat is told. */
export interface HoldReceipt {
  readonly holdToken: string;
  /** ISO 8601, by the database's clock. */
  readonly expiresAt: string;
  /** Of the turn in which the seat was held. */
  readonly fencingToken: number;
}
