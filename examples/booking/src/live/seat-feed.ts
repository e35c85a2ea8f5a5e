import type { SeatStore } from "../domain/seat-store.js";
import { type SeatChange, SeatWatch } from "./seat-watch.js";

export interface SeatListener {
  changed(change: SeatChange): void;
  /** There is nothing more to come. */
  ended(): void;
}

/** Tells everybody who listens what happens to seats. Looks while somebody does. */
export class SeatFeed {
  readonly #store: SeatStore;
  readonly #listeners = new Set<SeatListener>();
  #watch: SeatWatch | undefined;
  #isClosed = false;

  constructor(store: SeatStore) {
    this.#store = store;
  }

  /**
   * Settles when nothing is missed any more: who reads the seats from then on and listens knows all.
   *
   * @returns what ends it
   */
  async subscribe(listener: SeatListener): Promise<() => void> {
    if (this.#isClosed) {
      listener.ended();
      return () => {};
    }
    this.#listeners.add(listener);
    this.#watch ??= new SeatWatch(this.#store, (change) => {
      for (const each of this.#listeners) each.changed(change);
    });
    await this.#watch.begun;
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
    this.#watch?.stop();
    this.#watch = undefined;
  }
}
