import { sql } from "kysely";
import type { SeatRef } from "../domain/show.js";
import type { Database } from "./open-database.js";

/**
 * A write to a seat that an older turn than the newest can't do: it touches no row then.
 *
 * @param fence the oldest turn that can write from then on
 */
export function fencedWrite(
  db: Database,
  { showId, seatId }: SeatRef,
  fencingToken: number,
  fence = fencingToken,
) {
  return db
    .updateTable("seats")
    .set({ fence })
    .where("show_id", "=", showId)
    .where("id", "=", seatId)
    .where("fence", "<=", sql<string>`${fencingToken}`);
}
