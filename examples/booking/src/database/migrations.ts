import { type Kysely, type Migration, sql } from "kysely";

const SEATS_PER_ROW = 12;

const shows = [
  { id: "hamlet", title: "Hamlet", starts_at: "2030-05-04T19:30:00.000Z", seatCount: 120 },
  { id: "godot", title: "Waiting for Godot", starts_at: "2030-05-05T20:00:00.000Z", seatCount: 48 },
];

/** By name, in alphabetical order, each carried out once in a database. */
export const migrations: Record<string, Migration> = {
  "2026-11-24-tables": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("shows")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("title", "text", (column) => column.notNull())
        .addColumn("starts_at", "timestamptz", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("seats")
        .addColumn("show_id", "text", (column) => column.notNull().references("shows.id"))
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("position", "integer", (column) => column.notNull())
        // Not an integer: fencing tokens have some 15 digits.
        .addColumn("fence", "bigint", (column) => column.notNull().defaultTo(0))
        .addColumn("hold_token", "text")
        .addColumn("held_by", "text")
        .addColumn("held_until", "timestamptz")
        .addPrimaryKeyConstraint("seats_key", ["show_id", "id"])
        .execute();
      await db.schema
        .createTable("bookings")
        .addColumn("id", "uuid", (column) => column.primaryKey())
        .addColumn("show_id", "text", (column) => column.notNull())
        .addColumn("seat_id", "text", (column) => column.notNull())
        .addColumn("customer", "text", (column) => column.notNull())
        .addColumn("fencing_token", "bigint")
        .addColumn("rush", "boolean", (column) => column.notNull())
        .addColumn("booked_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
        .addForeignKeyConstraint("bookings_seat", ["show_id", "seat_id"], "seats", ["show_id", "id"])
        .execute();
      // The second line of defence: sales under a lock are unique, whatever went wrong before. Those without a lock have
      // no fencing token, and on purpose nothing stops them, so that one sees what the lock is for.
      await db.schema
        .createIndex("bookings_sold_once")
        .unique()
        .on("bookings")
        .columns(["show_id", "seat_id"])
        .where(sql.ref("fencing_token"), "is not", null)
        .execute();
      await db.schema
        .createIndex("bookings_of_seat")
        .on("bookings")
        .columns(["show_id", "seat_id"])
        .execute();
    },
  },
  "2026-11-24-two-shows": {
    async up(db: Kysely<unknown>) {
      const tables = db.withTables<{
        shows: { id: string; title: string; starts_at: string };
        seats: { show_id: string; id: string; position: number };
      }>();
      for (const { seatCount, ...show } of shows) {
        await tables.insertInto("shows").values(show).execute();
        const seats = Array.from({ length: seatCount }, (_, position) => ({
          show_id: show.id,
          id: seatIdAt(position),
          position,
        }));
        await tables.insertInto("seats").values(seats).execute();
      }
    },
  },
};

/** Row by row: A1 to A12, B1 to B12, … */
function seatIdAt(position: number): string {
  const row = String.fromCharCode("A".charCodeAt(0) + Math.floor(position / SEATS_PER_ROW));
  return `${row}${(position % SEATS_PER_ROW) + 1}`;
}
