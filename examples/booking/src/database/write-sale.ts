import { sql } from "kysely";
import { BookingError } from "../domain/booking-error.js";
import type { Booking } from "../domain/booking.js";
import { OutcomeUnknown } from "../domain/sale.js";
import { asking, DatabaseUnavailable, isUniqueViolation } from "./database-error.js";
import { fencedWrite } from "./fenced-write.js";
import type { Database } from "./open-database.js";

export const noHold = { hold_token: null, held_by: null, held_until: null };

/**
 * Sells a seat under a turn, which ends the hold on it. A sale that is written already is left as it is.
 *
 * @throws BookingError `OVERTAKEN`, `SEAT_SOLD`; OutcomeUnknown
 */
export function writeSale(
  db: Database,
  booking: Booking & { fencingToken: number },
  rush: boolean,
): Promise<void> {
  const { id, showId, customer, fencingToken } = booking;
  return known(async () => {
    // The fence and the sale in one statement: between two, a later turn could begin.
    const sale = db
      .with("turn", () => fencedWrite(db, booking, fencingToken).set(noHold).returning("id"))
      .insertInto("bookings")
      .columns(["id", "show_id", "seat_id", "customer", "fencing_token", "rush"])
      .expression((query) =>
        query
          .selectFrom("turn")
          .select([
            sql<string>`${id}::uuid`.as("booking_id"),
            sql<string>`${showId}::text`.as("show_id"),
            "turn.id",
            sql<string>`${customer}::text`.as("customer"),
            sql<number>`${fencingToken}::bigint`.as("fencing_token"),
            sql<boolean>`${rush}::boolean`.as("rush"),
          ]),
      )
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("id");
    try {
      const isSold = (await sale.executeTakeFirst()) !== undefined || (await isWritten(db, id));
      // For good: what was sent before under this token can't be carried out any more, either.
      if (!isSold) throw overtaken();
    } catch (error) {
      if (!isUniqueViolation(error, "bookings_sold_once")) throw error;
      throw new BookingError("SEAT_SOLD", "Somebody else has bought this seat.");
    }
  });
}

/**
 * Sells a seat with nothing to stop a second sale.
 *
 * @throws OutcomeUnknown
 */
export function writeSaleWithoutTurn(
  db: Database,
  { id, showId, seatId, customer }: Booking,
  rush: boolean,
): Promise<void> {
  return known(async () => {
    await db
      .insertInto("bookings")
      .values({ id, show_id: showId, seat_id: seatId, customer, fencing_token: null, rush })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
  });
}

export function overtaken(): BookingError {
  return new BookingError("OVERTAKEN", "A later turn at this seat went first. Nothing was sold to you.");
}

async function isWritten(db: Database, id: string): Promise<boolean> {
  const row = await db.selectFrom("bookings").select("id").where("id", "=", id).executeTakeFirst();
  return row !== undefined;
}

async function known(write: () => Promise<void>): Promise<void> {
  try {
    await asking(write);
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? new OutcomeUnknown(error) : error;
  }
}
