/** One performance, whose seats are numbered and sold once each. */
export interface Show {
  readonly id: string;
  readonly title: string;
  /** ISO 8601. */
  readonly startsAt: string;
  readonly seatCount: number;
}

/** Names one seat of one show. */
export interface SeatRef {
  readonly showId: string;
  readonly seatId: string;
}

export type SeatStatus = "free" | "held" | "sold";

export interface Seat {
  readonly id: string;
  readonly status: SeatStatus;
}
