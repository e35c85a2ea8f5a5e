import type { Booking } from "./booking.js";
import type { Hold } from "./hold.js";
import type { Seat, SeatRef, SeatStatus, Show } from "./show.js";

/** How a seat stands at the beginning of a turn. */
export interface SeatState {
  readonly isSold: boolean;
  /** The hold on it, if there is one that is not over. */
  readonly hold: { readonly token: string; readonly leftMs: number } | undefined;
}

/**
 * Where shows, holds and bookings are kept. It remembers the highest fencing token that it has seen of each seat, and
 * every write of a turn is refused under an older one (`OVERTAKEN`): whoever was frozen until its turn was over can't
 * overwrite what its successor did.
 *
 * All throw StoreUnavailable while it can't be asked. From the sales that means that nothing was written.
 */
export interface SeatStore {
  shows(): Promise<Show[]>;
  /** @throws BookingError `NOT_FOUND` */
  seats(showId: string): Promise<Seat[]>;
  /** How all seats of all shows stand. */
  everySeat(): Promise<(SeatRef & { status: SeatStatus })[]>;
  /**
   * Refuses older tokens for this seat from now on, and says how it stands.
   *
   * @throws BookingError `NOT_FOUND`, `OVERTAKEN`
   */
  advance(seat: SeatRef, fencingToken: number): Promise<SeatState>;
  /**
   * @returns when the hold is over
   * @throws BookingError `OVERTAKEN`
   */
  hold(seat: SeatRef, hold: Hold, fencingToken: number): Promise<Date>;
  /** @throws BookingError `OVERTAKEN` */
  dropHold(seat: SeatRef, fencingToken: number): Promise<void>;
  /** Seats whose hold is over and has not been dropped. */
  expiredHolds(): Promise<SeatRef[]>;
  /**
   * Sells the seat, which ends the hold on it. A booking that is written already stays as it is. What is thrown other
   * than OutcomeUnknown means that this call has written nothing; a BookingError that no earlier one will, either.
   *
   * @param rush whether `clearRush` takes it back
   * @throws BookingError `OVERTAKEN`, `SEAT_SOLD`; OutcomeUnknown, upon which it can be tried again
   */
  sell(booking: Booking & { fencingToken: number }, rush: boolean): Promise<void>;
  /**
   * The same with nothing to stop a second sale.
   *
   * @throws OutcomeUnknown
   */
  sellWithoutTurn(booking: Booking, rush: boolean): Promise<void>;
  /** Takes back what rushes have bought, of one seat or of all seats of the show. */
  clearRush(showId: string, seatId: string | undefined): Promise<void>;
}
