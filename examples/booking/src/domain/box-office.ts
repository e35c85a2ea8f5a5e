import { randomUUID } from "node:crypto";
import { BookingError } from "./booking-error.js";
import type { Booking, Order } from "./booking.js";
import type { HoldReceipt } from "./hold.js";
import type { Payments } from "./payments.js";
import { sellPaid } from "./sale.js";
import type { SeatState, SeatStore } from "./seat-store.js";
import type { Seat, SeatRef, Show } from "./show.js";
import type { Turn } from "./turn.js";

/** Sells every seat once. */
export class BoxOffice {
  readonly #store: SeatStore;
  readonly #payments: Payments;
  readonly #holdMs: number;

  /** @param holdMs how long a seat is held for somebody who has not paid yet */
  constructor(store: SeatStore, payments: Payments, holdMs: number) {
    this.#store = store;
    this.#payments = payments;
    this.#holdMs = holdMs;
  }

  shows(): Promise<Show[]> {
    return this.#store.shows();
  }

  /** @throws BookingError `NOT_FOUND` */
  seats(showId: string): Promise<Seat[]> {
    return this.#store.seats(showId);
  }

  /**
   * Sells a seat. Between reading that it is free and writing that it is sold lies a payment, which takes its time:
   * that is why the caller needs its turn at the seat.
   *
   * @throws BookingError any code; OutcomeUnknown
   */
  async book(order: Order, turn: Turn): Promise<Booking> {
    // Advance first, then read: a predecessor whose turn is over can't sell from here on, so what is read stays true.
    requireAvailable(await this.#store.advance(order, turn.fencingToken), order.holdToken);

    const booking = { ...newBooking(order), fencingToken: turn.fencingToken };
    const payment = await this.#payments.charge(order, booking.id, turn.signal);
    await sellPaid(booking, payment, () => this.#store.sell(booking, order.rush ?? false));
    return booking;
  }

  /**
   * The same for a caller without a turn, which is how double sales come about: whoever reads during somebody's
   * payment finds the seat free, too.
   *
   * @throws BookingError `NOT_FOUND`, `SEAT_SOLD`, `SEAT_HELD`, `PAYMENT_FAILED`; OutcomeUnknown
   */
  async bookWithoutTurn(order: Order, signal: AbortSignal): Promise<Booking> {
    const seat = (await this.#store.seats(order.showId)).find(({ id }) => id === order.seatId);
    if (seat === undefined) throw new BookingError("NOT_FOUND", "The show has no such seat.");
    if (seat.status === "sold") throw sold();
    if (seat.status === "held") throw held();

    const booking = { ...newBooking(order), fencingToken: null };
    const payment = await this.#payments.charge(order, booking.id, signal);
    await sellPaid(booking, payment, () => this.#store.sellWithoutTurn(booking, order.rush ?? false));
    return booking;
  }

  /**
   * Holds a seat for somebody who is going to pay.
   *
   * @throws BookingError `NOT_FOUND`, `SEAT_SOLD`, `SEAT_HELD`, `OVERTAKEN`
   */
  async hold(seat: SeatRef, customer: string, { fencingToken }: Turn): Promise<HoldReceipt> {
    requireAvailable(await this.#store.advance(seat, fencingToken), undefined);
    const hold = { token: randomUUID(), customer, forMs: this.#holdMs };
    const end = await this.#store.hold(seat, hold, fencingToken);
    return { holdToken: hold.token, expiresAt: end.toISOString(), fencingToken };
  }

  /** @throws BookingError `NOT_FOUND`, `NOT_YOUR_HOLD`, `OVERTAKEN` */
  async dropHold(seat: SeatRef, holdToken: string, { fencingToken }: Turn): Promise<void> {
    const { hold } = await this.#store.advance(seat, fencingToken);
    if (hold?.token !== holdToken) {
      throw new BookingError("NOT_YOUR_HOLD", "This seat is not held by you, or not any more.");
    }
    await this.#store.dropHold(seat, fencingToken);
  }

  expiredHolds(): Promise<SeatRef[]> {
    return this.#store.expiredHolds();
  }

  /** Makes a seat free whose hold is over; one that is held anew stays held. */
  async expireHold(seat: SeatRef, { fencingToken }: Turn): Promise<void> {
    const { hold } = await this.#store.advance(seat, fencingToken);
    if (hold === undefined) await this.#store.dropHold(seat, fencingToken);
  }
}

function newBooking({ showId, seatId, customer }: Order) {
  return { id: randomUUID(), showId, seatId, customer };
}

function requireAvailable({ isSold, hold }: SeatState, holdToken: string | undefined): void {
  if (isSold) throw sold();
  if (hold !== undefined && hold.token !== holdToken) throw held(hold.leftMs);
}

function sold(): BookingError {
  return new BookingError("SEAT_SOLD", "Somebody else has bought this seat.");
}

function held(retryAfterMs?: number): BookingError {
  return new BookingError(
    "SEAT_HELD",
    "This seat is held at the moment, for whoever has the token of the hold.",
    retryAfterMs,
  );
}
