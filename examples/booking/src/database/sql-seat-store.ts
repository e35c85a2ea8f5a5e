import { sql } from "kysely";
import { BookingError } from "../domain/booking-error.js";
import type { Booking } from "../domain/booking.js";
import type { Hold } from "../domain/hold.js";
import type { SeatState, SeatStore } from "../domain/seat-store.js";
import type { Seat, SeatRef, SeatStatus, Show } from "../domain/show.js";
import { asking } from "./database-error.js";
import { fencedWrite } from "./fenced-write.js";
import type { Database } from "./open-database.js";
import { noHold, overtaken, writeSale, writeSaleWithoutTurn } from "./write-sale.js";

/** Keeps shows, holds and bookings in Postgres. Its clock is the one by which holds end. */
export class SqlSeatStore implements SeatStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async shows(): Promise<Show[]> {
    const rows = await asking(() =>
      this.#db
        .selectFrom("shows")
        .innerJoin("seats", "seats.show_id", "shows.id")
        .select(({ fn }) => ["shows.id", "title", "starts_at", fn.countAll<string>().as("seat_count")])
        .groupBy("shows.id")
        .orderBy("starts_at")
        .execute(),
    );
    return rows.map(({ id, title, starts_at, seat_count }) => ({
      id,
      title,
      startsAt: starts_at.toISOString(),
      seatCount: Number(seat_count),
    }));
  }

  async seats(showId: string): Promise<Seat[]> {
    const rows = await asking(() => this.#statuses().where("show_id", "=", showId).execute());
    if (rows.length === 0) throw new BookingError("NOT_FOUND", "There is no such show.");
    return rows.map(({ seatId, status }) => ({ id: seatId, status }));
  }

  everySeat(): Promise<(SeatRef & { status: SeatStatus })[]> {
    return asking(() => this.#statuses().execute());
  }

  async advance(seat: SeatRef, fencingToken: number): Promise<SeatState> {
    const row = await asking(() =>
      fencedWrite(this.#db, seat, fencingToken)
        .returning([
          "hold_token",
          sql<number | null>`(extract(epoch from held_until - now()) * 1000)::float8`.as("left_ms"),
        ])
        .executeTakeFirst(),
    );
    if (row === undefined) throw await this.#whyNot(seat);
    const { hold_token: token, left_ms: leftMs } = row;
    // A statement of its own, because its snapshot must be younger than the fence.
    const sold = await asking(() => this.#bookingsOf(seat).executeTakeFirst());
    return {
      isSold: sold !== undefined,
      hold: token !== null && leftMs !== null && leftMs > 0 ? { token, leftMs } : undefined,
    };
  }

  async hold(seat: SeatRef, { token, customer, forMs }: Hold, fencingToken: number): Promise<Date> {
    const row = await asking(() =>
      fencedWrite(this.#db, seat, fencingToken)
        .set({
          hold_token: token,
          held_by: customer,
          held_until: sql`now() + ${forMs} * interval '1 millisecond'`,
        })
        .returning("held_until")
        .executeTakeFirst(),
    );
    if (!row?.held_until) throw overtaken();
    return row.held_until;
  }

  async dropHold(seat: SeatRef, fencingToken: number): Promise<void> {
    const row = await asking(() =>
      fencedWrite(this.#db, seat, fencingToken).set(noHold).returning("id").executeTakeFirst(),
    );
    if (row === undefined) throw overtaken();
  }

  expiredHolds(): Promise<SeatRef[]> {
    return asking(() =>
      this.#db
        .selectFrom("seats")
        .select(["show_id as showId", "id as seatId"])
        .where("held_until", "<=", sql<Date>`now()`)
        .execute(),
    );
  }

  sell(booking: Booking & { fencingToken: number }, rush: boolean): Promise<void> {
    return writeSale(this.#db, booking, rush);
  }

  sellWithoutTurn(booking: Booking, rush: boolean): Promise<void> {
    return writeSaleWithoutTurn(this.#db, booking, rush);
  }

  async clearRush(showId: string, seatId: string | undefined): Promise<void> {
    await asking(() =>
      this.#db
        .deleteFrom("bookings")
        .where("show_id", "=", showId)
        .where("rush", "=", true)
        .$if(seatId !== undefined, (query) => query.where("seat_id", "=", seatId ?? ""))
        .execute(),
    );
  }

  #bookingsOf({ showId, seatId }: SeatRef) {
    return this.#db
      .selectFrom("bookings")
      .select("id")
      .where("show_id", "=", showId)
      .where("seat_id", "=", seatId)
      .limit(1);
  }

  #statuses() {
    return this.#db
      .selectFrom("seats")
      .select((query) => [
        "show_id as showId",
        "seats.id as seatId",
        sql<SeatStatus>`case
          when ${query.exists(
            query
              .selectFrom("bookings")
              .select("bookings.id")
              .whereRef("bookings.show_id", "=", "seats.show_id")
              .whereRef("bookings.seat_id", "=", "seats.id"),
          )} then 'sold'
          when held_until > now() then 'held'
          else 'free' end`.as("status"),
      ])
      .orderBy("show_id")
      .orderBy("position");
  }

  async #whyNot(seat: SeatRef): Promise<BookingError> {
    const seats = await this.seats(seat.showId);
    if (seats.some(({ id }) => id === seat.seatId)) return overtaken();
    return new BookingError("NOT_FOUND", "The show has no such seat.");
  }
}
