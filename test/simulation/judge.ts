import { isLockError, type Lease, type LockErrorCode } from "@redlock-kit/core";
import { type FenceGuard, memoryFence } from "@redlock-kit/core/fencing";
import { Holders } from "./holders.js";
import { LATEST_MS, type Machine } from "./machine.js";
import { Order } from "./order.js";
import { attemptMs, Patience, type Visit } from "./patience.js";
import type { Scene } from "./scene.js";
import { Strays } from "./strays.js";
import type { World } from "./world.js";

/** Deadlines need not be looked at after every event. */
const LOOK_EVERY = 16;

/** What a scene came to. */
export interface Counts {
  acquired: number;
  /** Acquires that ended without a lease. */
  refused: number;
  handedOver: number;
  lost: number;
  /** Writes that the fenced store let in, and those that it turned away. */
  written: number;
  turnedAway: number;
}

/** Sees everything that happens, and says what must not. */
export class Judge {
  /** What was wrong first. */
  broken: string | undefined;
  readonly counts: Counts = { acquired: 0, refused: 0, handedOver: 0, lost: 0, written: 0, turnedAway: 0 };
  readonly holders: Holders;
  readonly patience: Patience;
  readonly strays: Strays;
  readonly #world: World;
  readonly #scene: Scene;
  readonly #order: Order;
  readonly #store: FenceGuard;
  /** When the leases ended, or end, that were left to another process, unless this one extends them. */
  readonly #endOfLeft = new Map<string, number>();
  /** When leases end if the last extension that was asked for is carried out. */
  readonly #endOfExtended = new Map<string, number>();
  readonly #afterglowMs: number;
  #looks = 0;

  constructor(world: World, scene: Scene) {
    this.#world = world;
    this.#scene = scene;
    // A wall clock that jumped is found out at the next comparison of the clocks, within a second.
    const jumps = scene.faults.includes("set wall clock") || scene.faults.includes("suspend");
    this.holders = new Holders(world, jumps ? 1_200 : 3 * LATEST_MS);
    this.patience = new Patience(world, this.holders, scene);
    this.strays = new Strays(world);
    // What the way there and back takes, and what is given up because clocks run apart, stands on the nodes for longer.
    this.#afterglowMs = 0.08 * scene.ttlMs + 10;
    this.#order = new Order(world, !this.isWild);
    this.#store = memoryFence({
      clock: { monotonic: () => world.now, wall: () => 0, random: () => 0, setTimer: noTimer },
    });
  }

  /** Clocks break every assumption, so that only fencing tokens can be relied on. */
  get isWild(): boolean {
    return this.#scene.flavour === "wild";
  }

  get isQuiet(): boolean {
    return this.#scene.flavour === "quiet";
  }

  /** Looks after every event; whether it has seen enough. */
  readonly look = (): boolean => {
    if (this.isWild || this.broken !== undefined) return this.broken !== undefined;
    this.tell(this.holders.violation());
    if (this.#looks++ % LOOK_EVERY === 0) this.tell(this.patience.violation() ?? this.holders.untold());
    return this.broken !== undefined;
  };

  tell(what: string | undefined): void {
    if (what === undefined || this.broken !== undefined) return;
    this.broken = `${what}, at ${this.#world.now.toFixed(3)}`;
    this.#world.note(() => `WRONG: ${what}`);
  }

  /** An acquire begins, which may wait for so long. */
  asked(machine: Machine, keys: readonly string[], waitMs: number, text: string): Visit {
    this.#world.note(() => `${machine.name} wants to ${text}`);
    const deadline = machine.ranMs + waitMs * 1.005 + 2 * attemptMs(this.#scene);
    const visit: Visit = { machine, keys, since: this.#world.now, deadline, text };
    this.patience.began(visit);
    return visit;
  }

  /** It ends with a lease, or without one since somebody else has the lock. */
  answered(visit: Visit, lease: Lease | null): void {
    this.patience.ended(visit);
    if (lease === null) this.counts.refused++;
    else this.#granted(visit, lease);
  }

  /** A process, which asked for it at `since`, takes a lease over by its token. */
  takenOver(machine: Machine, lease: Lease, since: number): void {
    const { keys, token, fencingToken } = lease;
    this.counts.handedOver++;
    this.#world.note(() => `${machine.name} has taken over ${token}`);
    if (this.isQuiet && since > (this.#endOfLeft.get(token) ?? Infinity) + this.#afterglowMs)
      this.tell(`${token} is back for ${keys.join("+")} after it was over`);
    for (const key of keys) this.tell(this.#order.add(key, token, fencingToken, since));
    if (lease.valid) this.holders.add(machine, lease);
  }

  /** A lease is about to be released by its holder. */
  releasing(lease: Lease): void {
    this.holders.remove(lease);
    if (lease.valid) this.strays.released(lease.token);
  }

  /** Its holder asks for `ttlMs` more. The nodes may do it although nobody hears of it in time. */
  extending(lease: Lease, ttlMs: number): void {
    this.#endOfExtended.set(lease.token, this.#world.now + ttlMs);
  }

  /** Its holder leaves a lease to another process. */
  leaving(lease: Lease): void {
    this.holders.remove(lease);
    this.strays.shared(lease.token);
    const ends = this.#world.now + lease.remainingMs();
    this.#endOfLeft.set(lease.token, Math.max(ends, this.#endOfExtended.get(lease.token) ?? 0));
  }

  /** How a release ended of a lease of which so much was left. */
  released(lease: Lease, leftMs: number, wasOurs: boolean): void {
    if (this.isQuiet && leftMs > 60 && !wasOurs)
      this.tell(`${lease.token} was not ours any more when it was released`);
  }

  /** Somebody writes under a lease; it arrives at the store after a while. */
  write(machine: Machine, lease: Lease, key: string, afterMs: number): void {
    const acquisition = this.#order.of(key, lease.token);
    this.#world.after(afterMs, () => {
      void this.#store.admit(key, lease.fencingToken).then((admitted) => {
        this.#world.note(
          () => `the store ${admitted ? "takes" : "refuses"} ${lease.token}'s write to ${key}`,
        );
        this.counts[admitted ? "written" : "turnedAway"]++;
        if (admitted && acquisition !== undefined) this.tell(this.#order.admitted(acquisition));
        if (!admitted && !this.isWild && machine.alive && this.holders.has(lease))
          this.tell(`the store refused ${lease.token}, which holds ${key}`);
      });
    });
  }

  /** An acquire was refused, for one of the reasons for which it can be. */
  refused(visit: Visit, error: unknown): void {
    this.answered(visit, null);
    const codes = [
      "ERR_LOCK_HELD",
      "ERR_LOCK_UNAVAILABLE",
      "ERR_LOCK_ABORTED",
      "ERR_LOCK_OVERLOADED",
    ] as const;
    this.failed(error, ...codes, "ERR_LOCK_CLOSED");
    // Right after its start a manager does not know all its nodes yet.
    const knows = visit.machine.ranMs > this.#scene.nodeTimeoutMs + 100;
    if (this.isQuiet && knows && isLockError(error, "ERR_LOCK_UNAVAILABLE")) this.tell(error.message);
  }

  /** An operation failed. Whatever is not among the errors that it can end with is wrong. */
  failed(error: unknown, ...expected: LockErrorCode[]): void {
    this.#world.note(() => String(error));
    if (isLockError(error, "ERR_LOCK_LOST")) this.counts.lost++;
    const known = isLockError(error) && expected.includes(error.code);
    if (!known) this.tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  #granted(visit: Visit, lease: Lease): void {
    const { machine, since } = visit;
    this.counts.acquired++;
    this.#world.note(
      () => `${machine.name} has ${lease.keys.join("+")}: ${lease.token}, ${lease.fencingToken}`,
    );
    const { token, fencingToken } = lease;
    this.strays.granted(token);
    if (!lease.valid) return;
    const from = this.strays.madeAt(token) ?? since;
    for (const key of lease.keys) this.tell(this.#order.add(key, token, fencingToken, from));
    this.holders.add(machine, lease);
  }
}

function noTimer(): never {
  throw new Error("a fence needs no timers");
}
