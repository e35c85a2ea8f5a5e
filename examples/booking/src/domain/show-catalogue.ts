import { BookingError } from "./booking-error.js";
import type { SeatRef, Show } from "./show.js";

const SEATS_PER_ROW = 12;

/** The shows on offer, and the seats that each has. */
export class ShowCatalogue {
  readonly shows: readonly Show[];
  readonly #seatIds: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(shows: readonly Show[]) {
    this.shows = shows;
    this.#seatIds = new Map(shows.map((show) => [show.id, new Set(seatIdsOf(show))]));
  }

  /** @throws BookingError `NOT_FOUND` */
  seatIds(showId: string): ReadonlySet<string> {
    const seatIds = this.#seatIds.get(showId);
    if (seatIds === undefined) throw new BookingError("NOT_FOUND", "There is no such show.");
    return seatIds;
  }

  /** @throws BookingError `NOT_FOUND` */
  requireSeat({ showId, seatId }: SeatRef): void {
    if (!this.seatIds(showId).has(seatId)) throw new BookingError("NOT_FOUND", "The show has no such seat.");
  }
}

/** Row by row: A1 to A12, B1 to B12, ... */
function seatIdsOf({ seatCount }: Show): string[] {
  return Array.from({ length: seatCount }, (_, index) => {
    const row = String.fromCharCode("A".charCodeAt(0) + Math.floor(index / SEATS_PER_ROW));
    return `${row}${(index % SEATS_PER_ROW) + 1}`;
  });
}
