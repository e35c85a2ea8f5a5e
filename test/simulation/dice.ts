/**
 * Repeatable chance. Whoever needs some forks dice of his own by a name, so that another throw in one place changes
 * nothing in any other.
 */
export class Dice {
  readonly #path: string;
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(path: string) {
    this.#path = path;
    const [low, high] = hash(path);
    this.#a = low;
    this.#b = high;
    this.#c = low ^ 0x9e3779b9;
    for (let turn = 0; turn < 12; turn++) this.next();
  }

  fork(name: string): Dice {
    return new Dice(`${this.#path}/${name}`);
  }

  /** A number in [0, 1), by the generator sfc32 of Chris Doty-Humphrey's PractRand. */
  readonly next = (): number => {
    const sum = (this.#a + this.#b + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };

  /** Whether something happens that happens so often. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** A number from `least` to below `most`. */
  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** A whole number from 0 to below `sides`. */
  below(sides: number): number {
    return Math.floor(this.next() * sides);
  }

  /** A number with this mean: mostly small, sometimes several times as large. */
  around(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

/** Two numbers of 32 bits that have little to do with each other (FNV-1a, with two multipliers). */
function hash(text: string): [number, number] {
  let low = 0x811c9dc5;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x5bd1e995);
    high ^= high >>> 15;
  }
  return [low, high];
}
