import type { World } from "./world.js";

/** A lease of one key that somebody was told of. */
export interface Acquisition {
  readonly key: string;
  readonly token: string;
  readonly fence: number;
  /** True time of the beginning and of the end of the vote that brought it. */
  readonly from: number;
  readonly to: number;
  readonly no: number;
}

/** In which order leases were acquired: fencing tokens must follow it, and so must what a fenced store lets in. */
export class Order {
  readonly #world: World;
  readonly #exclusive: boolean;
  readonly #byKey = new Map<string, Acquisition[]>();
  /** The newest acquisition of each key that the store has let in. */
  readonly #admitted = new Map<string, { no: number; from: number }>();

  /** @param exclusive whether leases exclude each other, so that there is one order of them all */
  constructor(world: World, exclusive: boolean) {
    this.#world = world;
    this.#exclusive = exclusive;
  }

  /** Somebody is told of a lease, whose vote began at `from`. What is wrong with its fencing token. */
  add(key: string, token: string, fence: number, from: number): string | undefined {
    const acquisitions = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, acquisitions);
    // A lease that goes on. Whatever clocks do, it has kept its token; and where leases exclude each other, its key.
    if (this.of(key, token)?.fence === fence) {
      const last = acquisitions.at(-1)?.token;
      return this.#exclusive && last !== token ? `${token} is back for ${key} after ${last}` : undefined;
    }
    const no = acquisitions.length;
    acquisitions.push({ key, token, fence, from, to: this.#world.now, no });
    for (const earlier of acquisitions) {
      if (earlier.token === token) {
        if (earlier.fence > fence) return `${token} got ${fence} for ${key}, and had ${earlier.fence}`;
      } else if (earlier.fence === fence) {
        return `${earlier.token} and ${token} both got ${fence} for ${key}`;
      } else if (earlier.fence > fence && (this.#exclusive || earlier.to <= from)) {
        return `${token} got ${fence} for ${key} after ${earlier.token} had got ${earlier.fence}`;
      }
    }
    return undefined;
  }

  /** The last acquisition of a key under a token. */
  of(key: string, token: string): Acquisition | undefined {
    return this.#byKey.get(key)?.findLast((acquisition) => acquisition.token === token);
  }

  /** A store has let somebody in. What is wrong with that. */
  admitted({ key, token, no, from, to }: Acquisition): string | undefined {
    const newest = this.#admitted.get(key) ?? { no: -1, from: -1 };
    this.#admitted.set(key, { no: Math.max(no, newest.no), from: Math.max(from, newest.from) });
    const isStale = this.#exclusive ? no < newest.no : to <= newest.from;
    return isStale ? `the store let ${token} write ${key} after a later holder` : undefined;
  }
}
