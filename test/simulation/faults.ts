import type { Dice } from "./dice.js";
import { LONGEST_WAY_MS, type Path } from "./path.js";
import type { Process } from "./process.js";
import type { Fault, Scene } from "./scene.js";
import type { Server } from "./server.js";
import type { World } from "./world.js";

/** Whom it can hit. */
export interface Victims {
  readonly world: World;
  readonly scene: Scene;
  readonly servers: readonly Server[];
  readonly processes: readonly Process[];
}

/** Lets things go wrong, one after the other and at the same time, and mends them again. */
export class Faults {
  readonly #victims: Victims;
  readonly #dice: Dice;
  readonly #strikes: Record<Fault, () => void>;

  constructor(victims: Victims, dice: Dice) {
    this.#victims = victims;
    this.#dice = dice;
    const { scene } = victims;
    const onPath = (worsen: (path: Path) => void) => () => this.#worsen([this.#path], worsen);
    this.#strikes = {
      stop: () => this.#stop(false),
      suspend: () => this.#stop(true),
      kill: () => this.#process.kill(dice.around(100)),
      close: () => void this.#close(this.#process),
      "set wall clock": () =>
        this.#process.timepiece.setWall(dice.between(-2, 2) * dice.pick([100, scene.ttlMs, 1e6])),
      break: () => this.#client.breakOff("a router is restarted"),
      stall: onPath((path) => this.#stall(path)),
      lose: onPath((path) => (path.lost = dice.next() * 0.5)),
      double: onPath((path) => (path.doubled = dice.next() * 0.5)),
      slow: onPath((path) => (path.extraMs = dice.pick([5, 20, scene.ttlMs]))),
      deafen: onPath((path) => (path.deaf = true)),
      isolate: () => this.#worsen(this.#pathsOfOne(), (path) => this.#stall(path)),
      crash: () => this.#crash(dice.pick(victims.servers)),
      hang: () => this.#hang(dice.pick(victims.servers)),
      "work slowly": () => this.#worsenServer((server) => (server.workMs = dice.around(3))),
      refuse: () => this.#worsenServer((server) => (server.refusal = "OOM command not allowed")),
      "clocks go wild": () => this.#confuse(),
    };
    if (scene.faults.length > 0) this.#next();
  }

  /** Whatever is wrong is put right. */
  mend(): void {
    const { servers, processes } = this.#victims;
    for (const server of servers) {
      if (!server.up) server.start();
      server.hang(false);
      server.workMs = 0;
      server.refusal = undefined;
    }
    for (const { machine, paths } of processes) {
      for (const path of paths) path.mend();
      machine.goOn();
    }
  }

  get #process(): Process {
    return this.#dice.pick(this.#victims.processes);
  }

  get #path(): Path {
    return this.#dice.pick(this.#process.paths);
  }

  get #client(): Process["clients"][number] {
    return this.#dice.pick(this.#process.clients);
  }

  get #isOver(): boolean {
    return this.#victims.world.now >= this.#victims.scene.workMs;
  }

  #next(): void {
    const { world, scene } = this.#victims;
    world.after(this.#dice.around(scene.faultEveryMs), () => {
      if (this.#isOver) return;
      this.#strikes[this.#dice.pick(scene.faults)]();
      this.#next();
    });
  }

  /** Does something later, unless everything has been mended by then. */
  #after(ms: number, mend: () => void): void {
    this.#victims.world.after(ms, () => {
      if (!this.#isOver) mend();
    });
  }

  /** For how long something goes on: mostly for less than a lease, sometimes for more. */
  #duration(): number {
    return this.#dice.around(this.#victims.scene.ttlMs * this.#dice.pick([0.1, 0.3, 1]));
  }

  #stop(suspended: boolean): void {
    const { machine } = this.#process;
    machine.stop(suspended);
    this.#after(this.#duration(), () => machine.goOn());
  }

  async #close(process: Process): Promise<void> {
    // Whoever closes would give back what was left to another.
    if (!process.isOpen || process.timepiece.monotonic() < process.handsOffUntil) return;
    await process.close();
    if (!this.#isOver) process.start();
  }

  #worsen(paths: readonly Path[], worsen: (path: Path) => void): void {
    for (const path of paths) worsen(path);
    const ms = this.#duration();
    this.#victims.world.note(() => `${paths.length} ways get bad for ${ms.toFixed(1)} ms`);
    this.#after(ms, () => {
      for (const path of paths) path.mend();
      if (this.#dice.chance(0.3))
        for (const client of this.#clientsOver(paths)) client.breakOff("it was silent for too long");
    });
  }

  /** A process from all servers, or a server from all processes. */
  #pathsOfOne(): readonly Path[] {
    if (this.#dice.chance(0.5)) return this.#process.paths;
    const server = this.#dice.below(this.#victims.servers.length);
    return this.#victims.processes.map(({ paths }) => paths[server] as Path);
  }

  #clientsOver(paths: readonly Path[]): Process["clients"][number][] {
    return this.#victims.processes.flatMap((process) =>
      process.clients.filter((_client, i) => paths.includes(process.paths[i] as Path)),
    );
  }

  #stall({ stalled }: Path): void {
    const which = this.#dice.below(3);
    stalled.up ||= which !== 0;
    stalled.down ||= which !== 1;
  }

  #worsenServer(worsen: (server: Server) => void): void {
    const server = this.#dice.pick(this.#victims.servers);
    worsen(server);
    this.#after(this.#duration(), () => {
      server.workMs = 0;
      server.refusal = undefined;
    });
  }

  #hang(server: Server): void {
    server.hang(true);
    this.#after(this.#duration(), () => server.hang(false));
  }

  #crash(server: Server): void {
    const { processes, servers } = this.#victims;
    const dice = this.#dice;
    if (!server.up || (!server.durable && !this.#mayForget(server))) return;
    server.crash();
    const downMs = dice.pick([0, 5, this.#duration()]);
    const no = servers.indexOf(server);
    for (const { clients } of processes) {
      // Its machine says so at once, or has died with it.
      const tellsAfterMs = dice.chance(0.7) ? dice.around(1) : dice.between(0, LONGEST_WAY_MS);
      clients[no]?.serverDied(tellsAfterMs);
    }
    this.#after(downMs, () => server.start());
  }

  /** Fewer than half of all nodes may be restarted within the longest lease. */
  #mayForget(server: Server): boolean {
    const { servers, scene, world } = this.#victims;
    if (scene.flavour === "wild") return false;
    const windowMs = scene.ttlMs * 1.02 + scene.lockDelayMs;
    const young = servers.filter(({ up, startedAt }) => !up || world.now - startedAt < windowMs);
    return new Set([...young, server]).size < servers.length / 2;
  }

  #confuse(): void {
    const { servers, scene } = this.#victims;
    const dice = this.#dice;
    const { timepiece } = dice.chance(0.5) ? this.#process : dice.pick(servers);
    const isServer = servers.some((server) => server.timepiece === timepiece);
    if (dice.chance(0.5)) timepiece.goAt(dice.pick([0.2, 0.5, 1, 2, 5]));
    else if (isServer) timepiece.jump(dice.between(-1, 1) * dice.pick([0.3, 1, 20]) * scene.ttlMs);
    else timepiece.setWall(dice.between(-1, 1) * dice.pick([scene.ttlMs, 1e5, 1e9]));
  }
}
