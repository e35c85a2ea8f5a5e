import type { Lease } from "@redlock-kit/core";
import type { ManualClock } from "@redlock-kit/core/testing";
import { KEYS, LONGEST_DELAY_MS } from "./script.js";

/** A look, what it may be put off by, a reservation, and a little for the way. */
const FOUND_MS = 1_105 + 250 + 50 + 50 + LONGEST_DELAY_MS;

/** One acquire of a play. */
export interface Visit {
  readonly no: number;
  readonly process: number;
  readonly keys: readonly string[];
  readonly adopts: boolean;
  readonly since: number;
  readonly deadline: number;
  state: "waiting" | "granted" | "left";
}

/** Sees who gets which lock and who waits, and says what must not be. */
export class Witness {
  readonly broken: string[] = [];
  readonly visits: Visit[] = [];
  readonly #clock: ManualClock;
  readonly #leases: Lease[] = [];
  readonly #fences = new Map<string, number>();
  readonly #freeSince = new Map(KEYS.map((key) => [key, 0]));

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** How many acquires have ended so. */
  count(state: Visit["state"]): number {
    return this.visits.filter((visit) => visit.state === state).length;
  }

  /** Somebody has got a lock. */
  held(lease: Lease): void {
    for (const key of lease.keys) {
      const other = this.#leases.find((before) => before.valid && before.keys.includes(key));
      if (other !== undefined && lease.valid) this.tell(`two have ${key}`);
      const newest = this.#fences.get(key) ?? 0;
      if (lease.fencingToken <= newest) this.tell(`token ${lease.fencingToken} of ${key} after ${newest}`);
      this.#fences.set(key, lease.fencingToken);
    }
    this.#leases.push(lease);
  }

  /** An acquire has got a lock, before those who came later. */
  granted(visit: Visit, lease: Lease): void {
    visit.state = "granted";
    this.held(lease);
    // Who has a token of its own is asked about it before it stands in line.
    if (visit.adopts) return;
    const passedOver = this.visits.find(
      ({ no, process, keys, adopts, state }) =>
        no < visit.no &&
        !adopts &&
        process === visit.process &&
        state === "waiting" &&
        keys.join() === visit.keys.join(),
    );
    if (passedOver !== undefined)
      this.tell(`visit ${visit.no} got ${visit.keys.join()} before ${passedOver.no}`);
  }

  /** How things stand. `calm`: from when on whatever is free must be found. */
  look(calm: number): void {
    const now = this.#clock.monotonic();
    const valid = this.#leases.filter((lease) => lease.valid);
    this.#leases.splice(0, this.#leases.length, ...valid);
    for (const { keys } of valid) for (const key of keys) this.#freeSince.set(key, now);
    for (const { no, keys, state, since, deadline } of this.visits) {
      if (state !== "waiting") continue;
      if (now > deadline) this.tell(`visit ${no} of ${keys.join()} has not ended in its time`);
      const free = Math.max(calm, since, ...keys.map((key) => this.#freeSince.get(key) ?? 0));
      if (now - free > FOUND_MS) this.tell(`visit ${no} has not found ${keys.join()} free`);
    }
  }

  tell(what: string): void {
    this.broken.push(`${what}, at ${Math.round(this.#clock.monotonic())}`);
  }
}
