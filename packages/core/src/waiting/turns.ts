/** How often and for how long a process hands a lock from waiter to waiter before others get their turn. */
const MOST_TURNS = 8;
const LONGEST_MS = 50;

/** How long a process has kept a lock to itself by handing it from one of its waiters to the next. */
export class Turns {
  #taken = 0;
  #since = 0;

  /** Whether another is fair, at monotonic time `now`. */
  isLeft(now: number): boolean {
    return this.#taken === 0 || (this.#taken < MOST_TURNS && now - this.#since < LONGEST_MS);
  }

  take(now: number): void {
    if (this.#taken === 0) this.#since = now;
    this.#taken++;
  }

  /** Others have had the chance. */
  startAnew(): void {
    this.#taken = 0;
  }
}
