import { BookingError } from "../domain/booking-error.js";
import type { SeatStore } from "../domain/seat-store.js";
import { buy } from "./rush-buyer.js";
import { type BuyerAnswer, type RushResult, RushTally } from "./rush-tally.js";

export interface RushOrder {
  readonly showId: string;
  /** Without one: the whole hall. */
  readonly seatId: string | undefined;
  readonly buyers: number;
  /** Whether the buyers go where the lock is. */
  readonly lock: boolean;
}

/** An answer as it comes: whether it sold a seat that was sold already, and when, from the start of the rush. */
export type RushEvent = BuyerAnswer & { readonly doubleSold: boolean; readonly atMs: number };

/** Lets many buyers run at the same seats, as real clients over HTTP, so that all servers behind an address take part. */
export class Rush {
  readonly #store: SeatStore;

  constructor(store: SeatStore) {
    this.#store = store;
  }

  /**
   * Makes free what rushes have bought.
   *
   * @throws BookingError `NOT_FOUND`
   */
  async clear(showId: string): Promise<void> {
    await this.#store.seats(showId);
    await this.#store.clearRush(showId, undefined);
  }

  /**
   * Makes free what earlier rushes have bought, and lets all buyers go at once. Two rushes at the same seats would
   * take each other's seats back: the caller sees to it that there is one at a time.
   *
   * @param origin where the buyers send their requests
   * @throws BookingError `NOT_FOUND`
   */
  async run(order: RushOrder, origin: string, onAnswer: (event: RushEvent) => void): Promise<RushResult> {
    const { showId, seatId, buyers, lock } = order;
    const seats = (await this.#store.seats(showId)).filter(({ id }) => id === (seatId ?? id));
    if (seats.length === 0) throw new BookingError("NOT_FOUND", "The show has no such seat.");
    await this.#store.clearRush(showId, seatId);

    const tally = new RushTally();
    const going = Array.from({ length: buyers }, async (_, index) => {
      // Those who want the same seat come right behind each other.
      const seat = seats[Math.floor((index * seats.length) / buyers)]?.id ?? "";
      const answer = await buy({ origin, buyer: index + 1, showId, seatId: seat, lock });
      const doubleSold = tally.add(answer);
      onAnswer({ ...answer, doubleSold, atMs: Math.round(tally.elapsedMs) });
    });
    await Promise.all(going);
    return tally.result();
  }
}
