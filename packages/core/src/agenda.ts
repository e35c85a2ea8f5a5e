import type { Clock, ClockTimer } from "./clock.js";

/** Something with a due time. An item stands on one agenda at most. */
export abstract class AgendaItem {
  /** Its place in the heap; -1 when it is on no agenda. */
  place = -1;
  /** By how many milliseconds it may be run early, so that it shares a wake-up with another. */
  get leewayMs(): number {
    return 0;
  }

  /** Called once when it is due, after it was taken off. */
  abstract run(): void;
}

/**
 * Any number of due times, in monotonic milliseconds, with one timer of the clock.
 *
 * Most items are taken off long before they are due, as those of every uncontended lock are. So an item is only put
 * into its order when the timer fires and finds it still there, and a timer that nobody needs any more is left to fire
 * rather than cancelled: a lock costs neither a timer nor the upkeep of an order.
 */
export class Agenda {
  readonly #clock: Clock;
  readonly #keepsAlive: boolean;
  readonly #longestSleepMs: number;
  readonly #onWake: (() => void) | undefined;
  readonly #portion: number;
  /** The first {@link #ordered} are a binary heap by due time, the others stand as they came. */
  readonly #items: AgendaItem[] = [];
  /** Their due times, as bare numbers, which take the least room in an array of their own. */
  readonly #dues: number[] = [];
  #ordered = 0;
  #timer: ClockTimer | undefined;
  #timerDue = Infinity;
  #awake = false;

  /**
   * @param keepsAlive whether the process must not end while something stands on the agenda
   * @param longestSleepMs call `onWake` at least so often while something stands on the agenda
   * @param portion how many items are run in one go, before everything else in the process has its turn
   */
  constructor(
    clock: Clock,
    keepsAlive: boolean,
    longestSleepMs = Infinity,
    onWake?: () => void,
    portion = Infinity,
  ) {
    this.#clock = clock;
    this.#keepsAlive = keepsAlive;
    this.#longestSleepMs = longestSleepMs;
    this.#onWake = onWake;
    this.#portion = portion;
  }

  /** Puts an item on the agenda, or moves it to another time. */
  put(item: AgendaItem, due: number): void {
    if (item.place >= this.#ordered) {
      this.#dues[item.place] = due;
    } else {
      this.remove(item);
      item.place = this.#items.push(item) - 1;
      this.#dues.push(due);
    }
    if (!this.#awake) this.#arm(due);
  }

  /** When an item is due; Infinity if it does not stand on the agenda. */
  dueOf(item: AgendaItem): number {
    return this.#dueAt(item.place);
  }

  /** Takes an item off; harmless when it is not on. */
  remove(item: AgendaItem): void {
    const { place } = item;
    if (place === -1) return;
    item.place = -1;
    const free = place < this.#ordered ? this.#removeFromHeap(place) : place;
    const last = this.#items.pop();
    const due = this.#dues.pop();
    if (last !== undefined && due !== undefined && free < this.#items.length) this.#set(free, last, due);
    if (this.#items.length === 0 && this.#keepsAlive) this.#timer?.unref();
  }

  /** Runs everything now, what is put on meanwhile as well, and stops the timer. */
  finish(): void {
    for (let [item] = this.#items; item !== undefined; [item] = this.#items) {
      this.remove(item);
      item.run();
    }
    this.clear();
  }

  /** Forgets everything and stops the timer. */
  clear(): void {
    for (const item of this.#items) item.place = -1;
    this.#items.length = 0;
    this.#dues.length = 0;
    this.#ordered = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDue = Infinity;
  }

  /** Sees to it that the timer fires at `due` at the latest. */
  #arm(due: number): void {
    if (this.#timer !== undefined && this.#timerDue <= due) {
      if (this.#keepsAlive && this.#items.length === 1) this.#timer.ref();
      return;
    }
    const now = this.#clock.monotonic();
    this.#timer?.cancel();
    this.#timerDue = Math.min(due, now + this.#longestSleepMs);
    this.#timer = this.#clock.setTimer(() => this.#wake(), Math.max(0, this.#timerDue - now));
    if (!this.#keepsAlive) this.#timer.unref();
  }

  #wake(): void {
    this.#timer = undefined;
    this.#timerDue = Infinity;
    this.#awake = true;
    try {
      this.#onWake?.();
      this.#runPortion();
    } finally {
      this.#awake = false;
      this.#order();
      const [next] = this.#dues;
      if (next !== undefined) this.#arm(next);
    }
  }

  #runPortion(): void {
    this.#order();
    // Timers have a resolution of a millisecond; what is due within it must not wait for another round.
    const now = this.#clock.monotonic() + 1;
    for (let left = this.#portion; left > 0 && this.#ordered > 0; left--) {
      const [item] = this.#items;
      const [due = Infinity] = this.#dues;
      if (item === undefined || (due > now && due - item.leewayMs > now)) return;
      this.remove(item);
      item.run();
    }
  }

  /** Makes all items part of the heap. */
  #order(): void {
    while (this.#ordered < this.#items.length) {
      const place = this.#ordered++;
      const item = this.#items[place];
      const due = this.#dues[place];
      if (item !== undefined && due !== undefined) this.#rise(item, due, place);
    }
  }

  /** Makes the heap one smaller by filling `place` with its last item; returns where that was. */
  #removeFromHeap(place: number): number {
    this.#ordered -= 1;
    const end = this.#ordered;
    const last = this.#items[end];
    const due = this.#dues[end];
    if (place < end && last !== undefined && due !== undefined)
      this.#rise(last, due, this.#sink(last, due, place));
    return end;
  }

  /** Moves an item from `from` towards the first place, as far as it is due before those above. */
  #rise(item: AgendaItem, due: number, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above];
      const parentDue = this.#dues[above];
      if (parent === undefined || parentDue === undefined || parentDue <= due) break;
      this.#set(place, parent, parentDue);
      place = above;
    }
    this.#set(place, item, due);
  }

  /** Moves an item from `from` away from the first place, as far as those below are due before it; returns where to. */
  #sink(item: AgendaItem, due: number, from: number): number {
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#ordered) break;
      if (below + 1 < this.#ordered && this.#dueAt(below + 1) < this.#dueAt(below)) below += 1;
      const child = this.#items[below];
      const childDue = this.#dueAt(below);
      if (child === undefined || childDue >= due) break;
      this.#set(place, child, childDue);
      place = below;
    }
    this.#set(place, item, due);
    return place;
  }

  #dueAt(place: number): number {
    return this.#dues[place] ?? Infinity;
  }

  #set(place: number, item: AgendaItem, due: number): void {
    this.#items[place] = item;
    this.#dues[place] = due;
    item.place = place;
  }
}
