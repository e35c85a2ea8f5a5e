import type { Seat, SeatStatus } from "./seat.js";

/**
 * What is known of a hall: a list that was loaded, and the changes told since. A list is as old as its request, so
 * changes that came in between are laid over it; a change that the list had seen already is followed by those that
 * the list had seen too, hence the last word is right.
 */
export class SeatBoard {
  #statuses = new Map<string, SeatStatus>();
  readonly #loading = new Set<Map<string, SeatStatus>>();

  /** To be called when a list is asked for; the function takes it, or `undefined` if none came. */
  beginLoad(): (seats: readonly Seat[] | undefined) => void {
    const since = new Map<string, SeatStatus>();
    this.#loading.add(since);
    return (seats) => {
      this.#loading.delete(since);
      if (seats) this.#statuses = new Map(seats.map(({ id, status }) => [id, since.get(id) ?? status]));
    };
  }

  /** One seat has changed. Seats that no list has named are none of this hall. */
  change(seatId: string, status: SeatStatus): void {
    if (this.#statuses.has(seatId)) this.#statuses.set(seatId, status);
    for (const since of this.#loading) since.set(seatId, status);
  }

  seats(): Seat[] {
    return Array.from(this.#statuses, ([id, status]) => ({ id, status }));
  }
}
