import type { SeatRow } from "./seat.js";

/** The seat that a rush wants unless somebody says otherwise: a free one, as near to the middle of the hall as can be. */
export function wantedSeat(rows: readonly SeatRow[]): string | undefined {
  const middleRow = (rows.length - 1) / 2;
  const candidates = rows.flatMap(({ seats }, y) =>
    seats.map(({ id, status }, x) => ({
      id,
      isFree: status === "free",
      distance: Math.abs(y - middleRow) + Math.abs(x - (seats.length - 1) / 2),
    })),
  );
  candidates.sort((a, b) => Number(b.isFree) - Number(a.isFree) || a.distance - b.distance);
  return candidates[0]?.id;
}
