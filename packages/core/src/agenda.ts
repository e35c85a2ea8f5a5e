import type { Clock, ClockTimer } from "./clock.js";

/** Something with a due time, in monotonic milliseconds. An item stands on one agenda at most. */
export abstract class AgendaItem {
  /** When it is due. Changed only by {@link Agenda.put}. */
  due = 0;
  /** Its place in the heap; -1 when it is on no agenda. */
  place = -1;
  /** Called once when it is due, after it was taken off. */
  abstract run(): void;
}

/**
 * Any number of due times with one timer of the clock.
 *
 * A timer that nobody needs any more is left to fire rather than cancelled: an item that is put and taken
 * off again, as every uncontended lock does, then costs no timer at all, only one in so many milliseconds.
 */
export class Agenda {
  readonly #clock: Clock;
  readonly #keepsAlive: boolean;
  readonly #longestSleepMs: number;
  readonly #heap: AgendaItem[] = [];
  #timer: ClockTimer | undefined;
  #timerDue = Infinity;

  /**
   * @param keepsAlive whether the process must not end while something stands on the agenda
   * @param longestSleepMs call `onWake` at least so often while something stands on the agenda
   */
  constructor(clock: Clock, keepsAlive: boolean, longestSleepMs = Infinity, onWake?: () => void) {
    this.#clock = clock;
    this.#keepsAlive = keepsAlive;
    this.#longestSleepMs = longestSleepMs;
    this.#onWake = onWake;
  }

  readonly #onWake: (() => void) | undefined;

  /** Puts an item on the agenda, or moves it to another time. */
  put(item: AgendaItem, due: number): void {
    item.due = due;
    if (item.place === -1) {
      this.#heap.push(item);
      item.place = this.#heap.length - 1;
    } else {
      this.#sink(item.place);
    }
    this.#rise(item.place);
    this.#arm();
  }

  /** Takes an item off; harmless when it is not on. */
  remove(item: AgendaItem): void {
    const { place } = item;
    if (place === -1) return;
    item.place = -1;
    const last = this.#heap.pop();
    if (last !== undefined && last !== item) {
      this.#heap[place] = last;
      last.place = place;
      this.#sink(place);
      this.#rise(last.place);
    }
    if (this.#heap.length === 0 && this.#keepsAlive) this.#timer?.unref();
  }

  /** Forgets everything and stops the timer. */
  clear(): void {
    for (const item of this.#heap) item.place = -1;
    this.#heap.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDue = Infinity;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) return;
    if (this.#timer !== undefined && this.#timerDue <= first.due) {
      if (this.#keepsAlive) this.#timer.ref();
      return;
    }
    const now = this.#clock.monotonic();
    this.#timer?.cancel();
    this.#timerDue = Math.min(first.due, now + this.#longestSleepMs);
    this.#timer = this.#clock.setTimer(() => this.#wake(), Math.max(0, this.#timerDue - now));
    if (!this.#keepsAlive) this.#timer.unref();
  }

  #wake(): void {
    this.#timer = undefined;
    this.#timerDue = Infinity;
    this.#onWake?.();
    // Timers have a resolution of a millisecond; what is due within it must not wait for another round.
    const now = this.#clock.monotonic() + 1;
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.remove(first);
      first.run();
    }
    this.#arm();
  }

  #rise(from: number): void {
    const item = this.#heap[from];
    if (item === undefined) return;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.due <= item.due) break;
      this.#heap[place] = parent;
      parent.place = place;
      place = above;
    }
    this.#heap[place] = item;
    item.place = place;
  }

  #sink(from: number): void {
    const item = this.#heap[from];
    if (item === undefined) return;
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      let child = this.#heap[below];
      const right = this.#heap[below + 1];
      if (child === undefined) break;
      if (right !== undefined && right.due < child.due) {
        child = right;
        below += 1;
      }
      if (child.due >= item.due) break;
      this.#heap[place] = child;
      child.place = place;
      place = below;
    }
    this.#heap[place] = item;
    item.place = place;
  }
}
