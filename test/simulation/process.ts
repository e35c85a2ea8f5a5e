import type { createLockManager, LockManager } from "@redlock-kit/core";
import type { Dice } from "./dice.js";
import type { Judge } from "./judge.js";
import { Client } from "./client.js";
import { Link } from "./link.js";
import { Machine } from "./machine.js";
import type { Path } from "./path.js";
import type { Scene } from "./scene.js";
import type { Server } from "./server.js";
import type { Timepiece } from "./timepiece.js";
import type { World } from "./world.js";

/** A lease that one process leaves to another: whoever has the token can extend and release it. */
export interface Handed {
  readonly keys: readonly string[];
  readonly token: string;
}

/** What all processes have in common. */
export interface Surroundings {
  readonly world: World;
  readonly scene: Scene;
  readonly judge: Judge;
  readonly servers: readonly Server[];
  readonly createLockManager: typeof createLockManager;
}

/** A place for a process, in which one follows the other: what is killed or closed is started again. */
export class Process {
  readonly paths: readonly Path[];
  readonly timepiece: Timepiece;
  machine: Machine;
  clients: readonly Client[] = [];
  locks: LockManager;
  /** What others have left to this one. */
  readonly inbox: Handed[] = [];
  closing: Promise<void> | undefined;
  /** How many in it have not ended. */
  actors = 0;
  /** When a token that it has left to another is its own no more, by its own clock. */
  handsOffUntil = 0;
  readonly #name: string;
  readonly #around: Surroundings;
  readonly #dice: Dice;
  readonly #onStart: (process: Process) => void;
  /** The lease time that its manager has for its default. */
  readonly #ttlMs: number;
  #starts = 0;

  constructor(
    name: string,
    around: Surroundings,
    timepiece: Timepiece,
    paths: readonly Path[],
    dice: Dice,
    onStart: (process: Process) => void,
  ) {
    this.#name = name;
    this.#around = around;
    this.timepiece = timepiece;
    this.paths = paths;
    this.#dice = dice;
    this.#onStart = onStart;
    this.#ttlMs = dice.chance(0.5)
      ? around.scene.ttlMs
      : Math.ceil(dice.between(0.3, 1) * around.scene.ttlMs);
    this.machine = this.#makeMachine();
    this.locks = this.#makeManager();
    onStart(this);
  }

  get isOpen(): boolean {
    return this.machine.alive && this.closing === undefined;
  }

  /** SIGKILL; another process takes its place after a while. */
  kill(inMs: number): void {
    if (!this.isOpen) return;
    this.#kill();
    this.#around.world.after(inMs, () => {
      if (!this.machine.alive) this.start();
    });
  }

  /** Closes its manager, and with it everything. */
  async close(): Promise<void> {
    this.#around.world.note(() => `${this.machine.name} closes`);
    this.closing ??= this.locks.close({ graceMs: 0 });
    await this.closing;
    this.#around.world.note(() => `${this.machine.name} has closed`);
  }

  /** Starts anew, after it was killed or closed. */
  start(): void {
    if (this.machine.alive) this.#kill();
    this.closing = undefined;
    this.inbox.length = 0;
    this.actors = 0;
    this.timepiece.suspend(false);
    this.machine = this.#makeMachine();
    this.locks = this.#makeManager();
    this.#onStart(this);
  }

  #kill(): void {
    const { judge } = this.#around;
    this.machine.kill();
    for (const client of this.clients) client.abandon();
    judge.holders.removeMachine(this.machine);
    judge.patience.removeMachine(this.machine);
  }

  #makeMachine(): Machine {
    const { world, scene } = this.#around;
    const name = `${this.#name}.${++this.#starts}`;
    return new Machine(world, name, this.timepiece, this.#dice.fork(name), scene.busy);
  }

  #makeManager(): LockManager {
    const { world, scene, judge, servers } = this.#around;
    const { machine } = this;
    const { name } = machine;
    this.clients = servers.map((server, i) => {
      const dice = this.#dice.fork(`${name} to ${server.name}`);
      return new Client({ world, machine, server, path: this.paths[i] as Path, dice, manners: scene.client });
    });
    return this.#around.createLockManager({
      nodes: this.clients.map((client) => new Link(client)),
      clock: machine,
      ttlMs: this.#ttlMs,
      nodeTimeoutMs: scene.nodeTimeoutMs,
      lockDelayMs: scene.lockDelayMs,
      maxSkewMs: scene.maxSkewMs,
      restartQuarantineMs: scene.restartQuarantineMs,
      maxWaiters: scene.maxWaiters,
      generateToken: () => judge.strays.make(name),
    });
  }
}
