import { randomUUID } from "node:crypto";
import { BookingError } from "./booking-error.js";
import type { Booking, Order } from "./booking.js";
import type { Payments } from "./payments.js";
import type { SeatStore } from "./seat-store.js";
import type { ShowCatalogue } from "./show-catalogue.js";
import type { Seat, Show } from "./show.js";
import type { Turn } from "./turn.js";

/** Sells every seat once. */
export class BoxOffice {
  readonly #catalogue: ShowCatalogue;
  readonly #store: SeatStore;
  readonly #payments: Payments;

  constructor(catalogue: ShowCatalogue, store: SeatStore, payments: Payments) {
    this.#catalogue = catalogue;
    this.#store = store;
    this.#payments = payments;
  }

  shows(): readonly Show[] {
    return this.#catalogue.shows;
  }

  /** @throws BookingError `NOT_FOUND` */
  async seats(showId: string): Promise<Seat[]> {
    const seatIds = this.#catalogue.seatIds(showId);
    const sold = await this.#store.soldSeats(showId);
    return Array.from(seatIds, (id) => ({ id, status: sold.has(id) ? "sold" : "free" }));
  }

  /**
   * Sells a seat. Between reading that it is free and writing that it is sold lies a payment, which takes its time:
   * that is why the caller needs its turn at the seat.
   *
   * @throws BookingError any code
   */
  async book(order: Order, turn: Turn): Promise<Booking> {
    const { showId, seatId, customer } = order;
    const { fencingToken, signal } = turn;
    this.#catalogue.requireSeat(order);

    // Advance first, then read: a predecessor whose turn is over can't sell from here on, so what is read stays true.
    if (await this.#store.advance(order, fencingToken)) {
      throw new BookingError("SEAT_SOLD", "Somebody else has bought this seat.");
    }

    const paymentId = await this.#payments.charge(order, signal);
    const booking: Booking = { id: randomUUID(), showId, seatId, customer, fencingToken };
    try {
      await this.#store.save(booking);
    } catch (error) {
      await this.#payments.refund(paymentId);
      throw error;
    }
    return booking;
  }
}
