import type { Holders } from "./holders.js";
import { LATEST_MS, type Machine } from "./machine.js";
import type { Scene } from "./scene.js";
import type { World } from "./world.js";

/** One acquire. */
export interface Visit {
  readonly machine: Machine;
  readonly keys: readonly string[];
  readonly since: number;
  /** For how long its process may have run when it has ended; Infinity for one that may wait for ever. */
  readonly deadline: number;
  readonly text: string;
}

/**
 * How long a first waiter may need to find a free lock when nothing goes wrong: a look (1,100 ms), put off by a
 * backoff (250 ms) or twice by a reservation (50 ms), and the votes of the attempt.
 */
export const FOUND_MS = 2_000;

/** How long an attempt may take: two votes of all nodes at once and three one by one, each with a second round, and the pauses. */
export function attemptMs({ nodes, nodeTimeoutMs }: Scene): number {
  const round = nodeTimeoutMs + LATEST_MS + 5;
  return (2 * 2 + 3 * (nodes + 1)) * round + 4 * (1 + 2 + 3 + 4 + LATEST_MS);
}

/** Who waits for a lock: everybody must be answered in their time, and whatever is free must be found. */
export class Patience {
  readonly #world: World;
  readonly #holders: Holders;
  /** For how long a lock stays on the nodes after its holder has ceased to believe in it, with what `minHoldMs` keeps back. */
  readonly #afterglowMs: number;
  readonly #visits = new Set<Visit>();
  /** From when on every waiter must find what is free: from the beginning, if nothing ever goes wrong. */
  calmAt: number;

  constructor(world: World, holders: Holders, scene: Scene) {
    this.#world = world;
    this.#holders = holders;
    this.calmAt = scene.flavour === "quiet" ? 0 : Infinity;
    this.#afterglowMs = scene.ttlMs * 0.02 + 5 + scene.lockDelayMs + 3 * scene.holdMs;
  }

  get waiting(): number {
    return this.#visits.size;
  }

  began(visit: Visit): void {
    this.#visits.add(visit);
  }

  ended(visit: Visit): void {
    this.#visits.delete(visit);
  }

  /** Nobody waits in a dead process. */
  removeMachine(machine: Machine): void {
    for (const visit of this.#visits) if (visit.machine === machine) this.#visits.delete(visit);
  }

  /** Who should have been answered. */
  violation(): string | undefined {
    for (const { machine, keys, since, deadline, text } of this.#visits) {
      if (machine.ranMs > deadline) return `${machine.name} got no answer in time to ${text}`;
      const free = Math.max(
        this.calmAt,
        since,
        ...keys.map((key) => this.#holders.heldAt(key) + this.#afterglowMs),
      );
      if (this.#world.now - free > FOUND_MS)
        return `${machine.name} has not found ${keys.join("+")} free since ${free.toFixed(0)}: ${text}`;
    }
    return undefined;
  }
}
