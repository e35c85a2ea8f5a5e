import type { Booking } from "./booking.js";
import type { SeatRef } from "./show.js";

/**
 * Where bookings are kept. It remembers the highest fencing token that it has seen of each seat and refuses writes
 * with an older one: whoever was frozen until its turn was over can't overwrite what its successor did.
 */
export interface SeatStore {
  /** The ids of the seats of a show that are sold. */
  soldSeats(showId: string): Promise<ReadonlySet<string>>;
  /**
   * Refuses older tokens for this seat from now on, and says how it stands.
   *
   * @throws BookingError `OVERTAKEN` if this token is itself older
   */
  advance(seat: SeatRef, fencingToken: number): Promise<Booking | undefined>;
  /** @throws BookingError `OVERTAKEN` if a later turn has begun at this seat */
  save(booking: Booking): Promise<void>;
}
