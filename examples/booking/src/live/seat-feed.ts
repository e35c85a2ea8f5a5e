import type { SeatStore } from "../domain/seat-store.js";
import type { SeatRef, SeatStatus } from "../domain/show.js";

/** How old what listeners know may get, in milliseconds. */
const LOOK_EVERY_MS = 150;

export interface SeatChange extends SeatRef {
  readonly status: SeatStatus;
}

export interface SeatListener {
  changed(change: SeatChange): void;
  /** There is nothing more to come. */
  ended(): void;
}

/**
 * Tells what happens to seats, in whichever process: while somebody listens it looks at all of them again and again
 * and tells the differences. That is dear for large halls, and right with every database and through every outage,
 * since it misses nothing; and holds end by time alone, which no database notifies of.
 */
export class SeatFeed {
  readonly #store: SeatStore;
  readonly #listeners = new Set<SeatListener>();
  #known = new Map<string, SeatStatus>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(store: SeatStore) {
    this.#store = store;
  }

  /** Returns what ends it. */
  subscribe(listener: SeatListener): () => void {
    if (this.#isClosed) {
      listener.ended();
      return () => {};
    }
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) void this.#lookOn();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#rest();
    for (const listener of this.#listeners) listener.ended();
    this.#listeners.clear();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#known.clear();
  }

  async #lookOn(): Promise<void> {
    // A database that can't be asked is asked again; health tells of it.
    const seats = await this.#store.everySeat().catch(() => undefined);
    if (this.#isClosed || this.#listeners.size === 0) return;
    for (const seat of seats ?? []) this.#compare(seat);
    this.#timer = setTimeout(() => void this.#lookOn(), LOOK_EVERY_MS);
  }

  #compare(seat: SeatChange): void {
    const key = `${seat.showId}/${seat.seatId}`;
    const before = this.#known.get(key);
    this.#known.set(key, seat.status);
    if (before === undefined || before === seat.status) return;
    for (const listener of this.#listeners) listener.changed(seat);
  }
}
