import { sql } from "kysely";
import type { SeatRef } from "../domain/show.js";
import type { Database } from "./open-database.js";

/** A write to a seat that an older turn than the newest can't do: it touches no row then. */
export function fencedWrite(db: Database, { showId, seatId }: SeatRef, fencingToken: number) {
  return db
    .updateTable("seats")
    .set({ fence: fencingToken })
    .where("show_id", "=", showId)
    .where("id", "=", seatId)
    .where("fence", "<=", sql<string>`${fencingToken}`);
}
