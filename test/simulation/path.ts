import type { Dice } from "./dice.js";

export type Direction = "up" | "down";

/** How messages travel between two machines when nothing is the matter, and how bad it can be. */
export interface Manners {
  /** How long each takes: so much at least, and about so much more. */
  readonly leastMs: number;
  readonly moreMs: number;
  readonly mostMs: number;
  /** Whether those of one connection arrive in the order in which they left, as over TCP. */
  readonly ordered: boolean;
}

/** No message is under way for longer. */
export const LONGEST_WAY_MS = 2_000;

/** What is the matter between one process and one server. */
export class Path {
  /** Nothing gets through in these directions, and no new connection comes about. */
  readonly stalled = { up: false, down: false };
  /** Added to every message. */
  extraMs = 0;
  /** How often a message gets lost, or arrives a second time, perhaps much later. */
  lost = 0;
  doubled = 0;
  /** Notices are lost. */
  deaf = false;
  readonly #manners: Manners;
  readonly #dice: Dice;
  readonly #held: (() => void)[] = [];

  constructor(manners: Manners, dice: Dice) {
    this.#manners = manners;
    this.#dice = dice;
  }

  get ordered(): boolean {
    return this.#manners.ordered;
  }

  get isOpen(): boolean {
    return !this.stalled.up && !this.stalled.down;
  }

  /** How long a message that leaves now is under way. */
  wayMs(): number {
    const { leastMs, moreMs, mostMs } = this.#manners;
    return Math.min(mostMs, leastMs + this.#dice.around(moreMs) + this.#dice.next() * this.extraMs);
  }

  /** How long the second copy of a message is under way. */
  copyMs(): number {
    return this.#dice.chance(0.5) ? this.wayMs() : this.#dice.between(0, LONGEST_WAY_MS);
  }

  loses(): boolean {
    return this.lost > 0 && this.#dice.chance(this.lost);
  }

  doubles(): boolean {
    return this.doubled > 0 && this.#dice.chance(this.doubled);
  }

  /** Calls `goOn` when the way is free in that direction: what stalls on the way arrives then. */
  whenFree(direction: Direction, goOn: () => void): void {
    if (this.stalled[direction]) this.#held.push(() => this.whenFree(direction, goOn));
    else goOn();
  }

  /** Whatever was the matter is over. */
  mend(): void {
    this.stalled.up = false;
    this.stalled.down = false;
    this.extraMs = 0;
    this.lost = 0;
    this.doubled = 0;
    this.deaf = false;
    for (const goOn of this.#held.splice(0)) goOn();
  }
}
