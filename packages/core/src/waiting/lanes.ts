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

  add(keys: readonly string[], home: LaneHome<Lane<Won>>): Lane<Won> {
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
    const asking = askingOf(lanes);
    // A key that nobody here asks for right behind may be somebody else's to take.
    const isFollowed = (key: string): boolean =>
      asking.some(
        (lane) => lane.hasTurn && lane.keys.includes(key) && lane.keys.every((own) => keys.includes(own)),
      );
    const quiet = keys.every(isFollowed);
    return { quiet, next: () => free(lanes, asking, quiet) };
  }

  /** A lease has ended without a release: its keys may be free. */
  freed(keys: readonly string[]): void {
    const lanes = this.touching(keys);
    free(lanes, askingOf(lanes), true);
  }

  /** A node says that a key is this process's to take. Whether somebody here takes it, or might. */
  called(key: string, index: number): boolean {
    const lanes = this.touching([key]);
    const first = lanes.find((lane) => lane.isHolding) ?? lanes[0];
    first?.called(index, successorsOf(first, lanes));
    return first !== undefined;
  }
}

/** So many that want the same ask in turn, if the first gets nothing; the others ask at the next release, or some day. */
const MOST_SUCCESSORS = 3;

/** Those that can ask at once: of those who want the same, one. */
function askingOf<Won extends { readonly kind: "won" }>(lanes: readonly Lane<Won>[]): Lane<Won>[] {
  const asked = new Set<string>();
  for (const lane of lanes) if (lane.isAttempting) for (const key of lane.keys) asked.add(key);
  return lanes.filter((lane) => {
    if (!lane.isReady || lane.keys.some((key) => asked.has(key))) return false;
    for (const key of lane.keys) asked.add(key);
    return true;
  });
}

/** Those who want the same as `lane` and may have it if `lane` gets nothing. */
function successorsOf<Won extends { readonly kind: "won" }>(
  lane: Lane<Won>,
  lanes: readonly Lane<Won>[],
): Lane<Won>[] {
  const wantsTheSame = (other: Lane<Won>): boolean => other.keys.some((key) => lane.keys.includes(key));
  return lanes
    .filter((other) => other !== lane && other.isReady && wantsTheSame(other))
    .slice(0, MOST_SUCCESSORS);
}

function free<Won extends { readonly kind: "won" }>(
  lanes: readonly Lane<Won>[],
  asking: readonly Lane<Won>[],
  keepsTurn: boolean,
): void {
  for (const lane of lanes) lane.freed(keepsTurn && asking.includes(lane));
  for (const lane of asking) lane.ask(successorsOf(lane, lanes));
}

/** No key has a null character. */
function idOf(keys: readonly string[]): string {
  return keys.length === 1 ? (keys[0] ?? "") : keys.join("\0");
}
