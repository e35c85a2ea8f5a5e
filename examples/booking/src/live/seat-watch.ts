import { setTimeout as sleep } from "node:timers/promises";
import type { SeatStore } from "../domain/seat-store.js";
import type { SeatRef, SeatStatus } from "../domain/show.js";
import { FailureLog, isOutage } from "../outage.js";

/** How old what is known may get, in milliseconds. */
const LOOK_EVERY_MS = 150;

export interface SeatChange extends SeatRef {
  readonly status: SeatStatus;
}

/**
 * Looks at all seats again and again, and tells the differences. That is dear for large halls, and right with every
 * database, through every outage and whichever process changes a seat; and holds end by time alone, which no database
 * notifies of.
 */
export class SeatWatch {
  /** Settles when it has looked for the first time, which it tells nothing of. */
  readonly begun: Promise<void>;
  readonly #store: SeatStore;
  readonly #tell: (change: SeatChange) => void;
  readonly #known = new Map<string, SeatStatus>();
  readonly #failures = new FailureLog("The watch over the seats");
  readonly #stopping = new AbortController();

  constructor(store: SeatStore, tell: (change: SeatChange) => void) {
    this.#store = store;
    this.#tell = tell;
    this.begun = this.#look(() => {});
    void this.begun.then(() => this.#lookOn());
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.#look(this.#tell);
    }
  }

  async #look(tell: (change: SeatChange) => void): Promise<void> {
    for (const seat of await this.#everySeat()) {
      const key = `${seat.showId}/${seat.seatId}`;
      const isNews = this.#known.get(key) !== seat.status;
      this.#known.set(key, seat.status);
      if (isNews && !this.#stopping.signal.aborted) tell(seat);
    }
  }

  async #everySeat() {
    try {
      const seats = await this.#store.everySeat();
      this.#failures.succeeded();
      return seats;
    } catch (error) {
      // A database that can't be asked is asked again; health and the sweeps tell of it.
      if (!isOutage(error) && !this.#stopping.signal.aborted) this.#failures.failed(error);
      return [];
    }
  }
}
