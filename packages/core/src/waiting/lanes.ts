import type { HandOver } from "../lease-home.js";
import { Lane } from "./lane.js";
import type { LaneHome } from "./lane-home.js";

/** The lanes of a waiting room, which come and go with those who stand in them. */
export class Lanes<Won extends { readonly kind: "won" }> {
  readonly #byId = new Map<string, Lane<Won>>();
  /** Those for several keys, by each of them. */
  readonly #severalByKey = new Map<string, Set<Lane<Won>>>();

  get size(): number {
    return this.#byId.size;
  }

  /** The lane for exactly these keys. */
  of(keys: readonly string[]): Lane<Won> | undefined {
    return this.#byId.get(idOf(keys));
  }

  add(keys: readonly string[], home: LaneHome<Won, Lane<Won>>): Lane<Won> {
    const lane = new Lane(idOf(keys), keys, home);
    this.#byId.set(lane.id, lane);
    if (keys.length > 1) {
      for (const key of keys) {
        const several = this.#severalByKey.get(key) ?? new Set();
        this.#severalByKey.set(key, several.add(lane));
      }
    }
    return lane;
  }

  delete(lane: Lane<Won>): void {
    this.#byId.delete(lane.id);
    if (lane.keys.length === 1) return;
    for (const key of lane.keys) {
      const several = this.#severalByKey.get(key);
      if (several?.delete(lane) && several.size === 0) this.#severalByKey.delete(key);
    }
  }

  /** The lanes that any of `keys` stands in the way of, with the head that waits longest first. */
  touching(keys: readonly string[]): Lane<Won>[] {
    const found = new Set<Lane<Won>>();
    for (const key of keys) {
      const single = this.#byId.get(key);
      if (single !== undefined) found.add(single);
      for (const several of this.#severalByKey.get(key) ?? []) found.add(several);
    }
    return found.size < 2 ? [...found] : [...found].sort((a, b) => a.headSince - b.headSince);
  }

  /**
   * What a release of `keys` is to do for those who wait here. The next one's request leaves in the same tick as the
   * release, and so in the same call.
   */
  handOver(keys: readonly string[]): HandOver | undefined {
    const lanes = this.touching(keys);
    if (lanes.length === 0) return undefined;
    const following = lanes.filter(
      (lane) => lane.isReady && lane.hasTurn && lane.keys.every((key) => keys.includes(key)),
    );
    // A key that nobody here asks for right behind may be somebody else's to take.
    const quiet = keys.every((key) => following.some((lane) => lane.keys.includes(key)));
    return {
      quiet,
      next: () => {
        for (const lane of lanes) lane.freed(quiet);
      },
    };
  }
}

/** No key has a null character. */
function idOf(keys: readonly string[]): string {
  return keys.length === 1 ? (keys[0] ?? "") : keys.join("\0");
}
