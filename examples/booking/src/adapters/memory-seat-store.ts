import { BookingError } from "../domain/booking-error.js";
import type { Booking } from "../domain/booking.js";
import type { SeatStore } from "../domain/seat-store.js";
import type { SeatRef } from "../domain/show.js";

interface Entry {
  /** The highest fencing token that was seen. */
  fence: number;
  booking: Booking | undefined;
}

/** Keeps the bookings of this process, for as long as it runs. */
export class MemorySeatStore implements SeatStore {
  /** By show and by seat. */
  readonly #entries = new Map<string, Map<string, Entry>>();

  async soldSeats(showId: string): Promise<ReadonlySet<string>> {
    const entries = [...(this.#entries.get(showId) ?? [])];
    return new Set(entries.filter(([, { booking }]) => booking !== undefined).map(([seatId]) => seatId));
  }

  async advance(seat: SeatRef, fencingToken: number): Promise<Booking | undefined> {
    return this.#fenced(seat, fencingToken).booking;
  }

  async save(booking: Booking): Promise<void> {
    this.#fenced(booking, booking.fencingToken).booking = booking;
  }

  /** The entry of a seat, for a write. In SQL: `UPDATE ... SET fence = $token WHERE ... AND fence <= $token`. */
  #fenced({ showId, seatId }: SeatRef, fencingToken: number): Entry {
    const seats = this.#entries.get(showId) ?? new Map<string, Entry>();
    this.#entries.set(showId, seats);
    const entry = seats.get(seatId) ?? { fence: fencingToken, booking: undefined };
    seats.set(seatId, entry);
    if (fencingToken < entry.fence) {
      throw new BookingError(
        "OVERTAKEN",
        "A later booking of this seat went first. Nothing was sold to you.",
      );
    }
    entry.fence = fencingToken;
    return entry;
  }
}
