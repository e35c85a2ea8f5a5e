import type { ColumnType, GeneratedAlways } from "kysely";

/** The tables, as the migrations leave them. */
export interface Schema {
  shows: { id: string; title: string; starts_at: Date };
  seats: {
    show_id: string;
    id: string;
    /** Its place in the hall, from 0. */
    position: number;
    /** The highest fencing token of all turns at this seat. Numbers go in; nobody reads it but the database. */
    fence: ColumnType<string, number, number>;
    hold_token: string | null;
    held_by: string | null;
    held_until: Date | null;
  };
  bookings: {
    id: string;
    show_id: string;
    seat_id: string;
    customer: string;
    /** `null` for a sale without a lock. */
    fencing_token: ColumnType<string | null, number | null, never>;
    rush: boolean;
    booked_at: GeneratedAlways<Date>;
  };
}
