import type { LockKey } from "@redlock-kit/core";
import type { Faults } from "./faults.js";
import type { Judge } from "./judge.js";
import { LONGEST_WAY_MS } from "./path.js";
import { attemptMs, FOUND_MS } from "./patience.js";
import type { Process } from "./process.js";
import type { Scene } from "./scene.js";
import type { Server } from "./server.js";
import type { World } from "./world.js";

/** Who is there when it ends. */
export interface EndingParts {
  readonly world: World;
  readonly scene: Scene;
  readonly judge: Judge;
  readonly servers: readonly Server[];
  readonly processes: readonly Process[];
  readonly faults: Faults;
  readonly keys: readonly LockKey[];
}

/** Nodes keep queues for so long after the last refusal. */
const QUEUE_LIFE_MS = 30_000;

/** Nothing goes wrong any more: everybody who waits must get what they wait for, and then nothing may be left. */
export class Ending {
  readonly #parts: EndingParts;

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  async play(): Promise<void> {
    const { world, judge, faults, processes } = this.#parts;
    faults.mend();
    for (const process of processes) if (!process.isOpen) process.start();
    judge.patience.calmAt = world.now + this.#calmMs;
    await this.#everybodyIsServed();
    await this.#leasesEnd();
    await this.#everythingCloses();
    await this.#nothingIsLeft();
  }

  /**
   * For how long what went wrong goes on to have effects: messages are under way, connections are made, servers are
   * in quarantine, and the leases of the dead run out.
   */
  get #calmMs(): number {
    const { ttlMs, lockDelayMs, restartQuarantineMs = ttlMs } = this.#parts.scene;
    return LONGEST_WAY_MS + 1_000 + 1.02 * restartQuarantineMs + 1.02 * ttlMs + lockDelayMs;
  }

  /** Each is, a look after the one before has ended, which holds its lock for two ttls at most. */
  async #everybodyIsServed(): Promise<void> {
    const { scene, judge, processes } = this.#parts;
    const active = (): number => processes.reduce((sum, process) => sum + process.actors, 0);
    const turnMs = FOUND_MS + 2 * scene.ttlMs + 2 * attemptMs(scene);
    await this.#until(() => active() === 0, this.#calmMs + scene.processes * scene.actors * turnMs);
    if (active() > 0) judge.tell(`${active()} still wait or hold`);
  }

  async #leasesEnd(): Promise<void> {
    const { scene, judge, processes } = this.#parts;
    const isIdle = ({ locks }: Process): boolean => {
      const { held, waiting, overrun } = locks.stats();
      return held + waiting + overrun === 0;
    };
    await this.#until(() => processes.every(isIdle), 1.01 * scene.ttlMs + 50);
    for (const { machine, locks } of processes) {
      const { held, waiting, overrun } = locks.stats();
      if (held + waiting + overrun > 0)
        judge.tell(
          `${machine.name} counts ${held} held, ${waiting} waiting and ${overrun} overrun in the end`,
        );
    }
  }

  async #everythingCloses(): Promise<void> {
    const { world, scene, judge, processes } = this.#parts;
    let open = processes.length;
    world.after(0, () => {
      for (const process of processes) void process.close().then(() => open--);
    });
    await this.#until(() => open === 0, attemptMs(scene) + 3 * scene.nodeTimeoutMs);
    if (open > 0) judge.tell(`${open} managers do not close`);
    await this.#until(
      () => processes.every(({ machine }) => machine.timers === 0),
      2 * scene.ttlMs + LONGEST_WAY_MS,
    );
    for (const { machine } of processes)
      if (machine.timers > 0) judge.tell(`${machine.timers} timers are left in ${machine.name}`);
  }

  /** A stranger is granted every key on every server, and nobody stands in a queue. */
  async #nothingIsLeft(): Promise<void> {
    const { world, scene, judge, servers, keys } = this.#parts;
    await this.#pass(QUEUE_LIFE_MS + 1.02 * scene.ttlMs + scene.lockDelayMs + LONGEST_WAY_MS);
    const times = { ttlMs: 1_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, maxSkewMs: 60_000, proposal: 1 };
    const place = { process: "a stranger", ticket: 1 };
    world.after(0, () => {
      for (const server of servers) {
        const { name, node } = server;
        for (const key of keys) {
          const request = { keys: [key], token: "a stranger" };
          void node.grant({ ...request, ...times, place }).then((reply) => {
            if (reply.kind !== "granted")
              judge.tell(`${name} still keeps ${key.key}: ${JSON.stringify(reply)}`);
          });
          void node.release({ ...request, lockDelayMs: 0, keepMs: 0 });
        }
        if (server.queues > 0) judge.tell(`${name} still keeps ${server.queues} queues`);
      }
    });
    await this.#pass(0);
  }

  #pass(ms: number): Promise<void> {
    return this.#until(() => false, ms);
  }

  /** Lets time pass until something is so, for so long at most. */
  async #until(isSo: () => boolean, mostMs: number): Promise<void> {
    const { world, judge } = this.#parts;
    if (judge.broken !== undefined) return;
    await world.run(world.now + mostMs, () => judge.look() || isSo());
  }
}
