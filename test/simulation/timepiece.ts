import type { World } from "./world.js";

/** What one machine takes for the time: a monotonic and a wall clock, which go at a speed of their own. */
export class Timepiece {
  readonly #world: World;
  #rate: number;
  #since: number;
  #monotonic: number;
  #wall: number;
  #stands = false;

  /** @param rate how many of its milliseconds go by in a true one */
  constructor(world: World, rate: number, monotonic: number, wall: number) {
    this.#world = world;
    this.#rate = rate;
    this.#since = world.now;
    this.#monotonic = monotonic;
    this.#wall = wall;
  }

  monotonic(): number {
    return this.#stands ? this.#monotonic : this.#monotonic + this.#passed;
  }

  /** In whole milliseconds, as Date.now() tells it. */
  wall(): number {
    return Math.floor(this.#wall + this.#passed);
  }

  /** How much true time goes by in `ms` of its own. */
  trueMs(ms: number): number {
    return ms / this.#rate;
  }

  /** From now on it goes at another speed. */
  goAt(rate: number): void {
    this.#settle();
    this.#rate = rate;
  }

  /** Somebody sets the wall clock. */
  setWall(byMs: number): void {
    this.#wall += byMs;
  }

  /** Both clocks jump: what no machine's does, but the time by which a Redis server expires its keys. */
  jump(byMs: number): void {
    this.#wall += byMs;
    this.#monotonic += byMs;
  }

  /** The machine is suspended, or wakes up: meanwhile the monotonic clock stands still, and the wall clock goes on. */
  suspend(stands: boolean): void {
    this.#settle();
    this.#stands = stands;
  }

  get #passed(): number {
    return (this.#world.now - this.#since) * this.#rate;
  }

  #settle(): void {
    const passed = this.#passed;
    if (!this.#stands) this.#monotonic += passed;
    this.#wall += passed;
    this.#since = this.#world.now;
  }
}
