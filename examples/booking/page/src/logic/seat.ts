export type SeatStatus = "free" | "held" | "sold";

export interface Seat {
  readonly id: string;
  readonly status: SeatStatus;
}

/** Seats that stand side by side, by the letters that their ids begin with. */
export interface SeatRow {
  readonly name: string;
  readonly seats: readonly Seat[];
}

/** The rows of a hall, in the order of its seats. */
export function rowsOf(seats: readonly Seat[]): SeatRow[] {
  const rows = new Map<string, Seat[]>();
  for (const seat of seats) {
    const name = rowNameOf(seat.id);
    const row = rows.get(name);
    if (row) row.push(seat);
    else rows.set(name, [seat]);
  }
  return [...rows].map(([name, row]) => ({ name, seats: row }));
}

/** The seat's number within its row: "12" of "A12". */
export function numberOf(seatId: string): string {
  return seatId.slice(rowNameOf(seatId).length);
}

function rowNameOf(seatId: string): string {
  return /^\D*/.exec(seatId)?.[0] ?? "";
}
