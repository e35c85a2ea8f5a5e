import { sql } from "kysely";
import { BookingError } from "../domain/booking-error.js";
import type { Booking } from "../domain/booking.js";
import { OutcomeUnknown } from "../domain/sale.js";
import { asking, isUniqueViolation, wasUndone } from "./database-error.js";
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
          ])
          // Sales without a turn, which no index holds; those that are under way are not seen.
          .where((where) =>
            where.not(
              where.exists(
                query
                  .selectFrom("bookings")
                  .select("bookings.id")
                  .where("show_id", "=", showId)
                  .where("seat_id", "=", booking.seatId),
              ),
            ),
          ),
      )
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("id");
    try {
      if ((await sale.executeTakeFirst()) !== undefined) return;
      // A no must be one for good: from here on what was sent before under this token isn't carried out any more, either.
      const turn = await fencedWrite(db, booking, fencingToken, fencingToken + 1)
        .returning("id")
        .executeTakeFirst();
      if (await isWritten(db, id)) return;
      throw turn === undefined ? overtaken() : sold();
    } catch (error) {
      throw isUniqueViolation(error, "bookings_sold_once") ? sold() : error;
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

function sold(): BookingError {
  return new BookingError("SEAT_SOLD", "Somebody else has bought this seat.");
}

async function isWritten(db: Database, id: string): Promise<boolean> {
  const row = await db.selectFrom("bookings").select("id").where("id", "=", id).executeTakeFirst();
  return row !== undefined;
}

/** Only these prove that nothing was written: a refusal, or an error of the statement itself, which undoes it. */
async function known(write: () => Promise<void>): Promise<void> {
  let isUndone = false;
  try {
    await asking(() =>
      write().catch((error: unknown) => {
        isUndone = wasUndone(error);
        throw error;
      }),
    );
  } catch (error) {
    throw isUndone || error instanceof BookingError ? error : new OutcomeUnknown(error);
  }
}
