import type { Lease } from "@redlock-kit/core";
import type { Machine } from "./machine.js";
import type { World } from "./world.js";

/** A lease that somebody believes in. */
interface Holding {
  readonly machine: Machine;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  /** For how long its process had run when it was first seen to be over. */
  overAt: number | undefined;
}

/** So many of a key are kept in mind: one that is over could be valid again. */
const MOST = 4;

/** Who believes that they hold what: two must never hold one key, and who has lost it must be told. */
export class Holders {
  readonly #world: World;
  readonly #toldWithinMs: number;
  readonly #byKey = new Map<string, Holding[]>();
  readonly #heldAt = new Map<string, number>();

  /** @param toldWithinMs after how long the signal of a lease that is over has fired, if its process runs */
  constructor(world: World, toldWithinMs: number) {
    this.#world = world;
    this.#toldWithinMs = toldWithinMs;
  }

  add(machine: Machine, lease: Lease): void {
    for (const key of lease.keys) {
      const holdings = this.#byKey.get(key) ?? [];
      this.#byKey.set(key, holdings);
      if (holdings.some((holding) => holding.lease === lease)) continue;
      holdings.push({ machine, lease, signal: lease.signal, overAt: undefined });
      const over = holdings.findIndex((holding) => !holding.lease.valid);
      if (holdings.length > MOST && over !== -1) holdings.splice(over, 1);
    }
  }

  /** Its holder does not believe in a lease any more: it was released, or another has it now. */
  remove(lease: Lease): void {
    this.#drop((holding) => holding.lease === lease);
  }

  /** Somebody releases by the token: nobody who has it holds anything any more. */
  removeToken(keys: readonly string[], token: string): void {
    this.#drop(({ lease }) => lease.token === token && lease.keys.join() === keys.join());
  }

  /** The dead believe in nothing. */
  removeMachine(machine: Machine): void {
    this.#drop((holding) => holding.machine === machine);
  }

  /** Whether its holder believes in a lease, and may. */
  has(lease: Lease): boolean {
    return lease.valid && (this.#byKey.get(lease.key)?.some((holding) => holding.lease === lease) ?? false);
  }

  /** When somebody held a key last. */
  heldAt(key: string): number {
    return this.#heldAt.get(key) ?? 0;
  }

  /** What must not be, at this moment. */
  violation(): string | undefined {
    for (const [key, holdings] of this.#byKey) {
      let holder: Holding | undefined;
      for (const holding of holdings) {
        if (!holding.lease.valid) continue;
        if (holder !== undefined && holder.lease.token !== holding.lease.token)
          return `both ${described(holder)} and ${described(holding)} hold ${key}`;
        holder = holding;
      }
      if (holder !== undefined) this.#heldAt.set(key, this.#world.now);
    }
    return undefined;
  }

  /** Who does not know, although their process runs, that their lease is over. */
  untold(): string | undefined {
    for (const [key, holdings] of this.#byKey) {
      for (const holding of holdings) {
        const { machine, lease, signal } = holding;
        if (signal.aborted || !machine.runs) continue;
        if (lease.valid) holding.overAt = undefined;
        else holding.overAt ??= machine.ranMs;
        if (holding.overAt !== undefined && machine.ranMs - holding.overAt > this.#toldWithinMs)
          return `${described(holding)} was not told that ${key} is lost`;
      }
    }
    return undefined;
  }

  #drop(which: (holding: Holding) => boolean): void {
    for (const holdings of this.#byKey.values()) {
      for (let i = holdings.length - 1; i >= 0; i--) if (which(holdings[i] as Holding)) holdings.splice(i, 1);
    }
  }
}

function described({ machine, lease }: Holding): string {
  return `${machine.name} (${lease.token}, fencing token ${lease.fencingToken})`;
}
