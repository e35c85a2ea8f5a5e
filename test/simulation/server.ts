import {
  type Clock,
  type LockNode,
  type MemoryNode,
  memoryNode,
  type NodeIdentity,
  type NoticeSubscription,
} from "@redlock-kit/core";
import type { Scene } from "./scene.js";
import type { Timepiece } from "./timepiece.js";
import type { World } from "./world.js";

/** A request that a server carries out, or refuses for a reason. */
export type Job = (refusal: Error | undefined) => void;

const A_DAY_MS = 86_400_000;

/** Puts something in front of a node. */
export type Wrap = (node: LockNode) => LockNode;

/** One server: a memory node in a process that can crash, hang, work slowly, or refuse what it is asked. */
export class Server {
  readonly name: string;
  readonly node: LockNode;
  readonly timepiece: Timepiece;
  readonly durable: boolean;
  /** How often it was started. A connection is to one run. */
  run = 1;
  up = true;
  /** How long it takes for each request. */
  workMs = 0;
  /** What it says to each request in place of carrying it out. */
  refusal: string | undefined;
  /** True time at which it started, and its own. */
  startedAt: number;
  bornAt: number;
  readonly #world: World;
  readonly #memory: MemoryNode;
  readonly #subscriptions = new Map<string, { readonly by: object; readonly stop: () => void }>();
  #hangs = false;
  #waiting: Job[] = [];
  /** It is at work on the first of them. */
  #works = false;

  constructor(world: World, name: string, timepiece: Timepiece, { durable, young }: Scene, wrap: Wrap) {
    const upForMs = young ? 0 : A_DAY_MS;
    this.#world = world;
    this.name = name;
    this.timepiece = timepiece;
    this.durable = durable;
    this.startedAt = world.now - upForMs;
    this.bornAt = timepiece.monotonic() - upForMs;
    const clock: Clock = {
      monotonic: () => timepiece.monotonic(),
      wall: () => timepiece.wall(),
      random: () => 0.5,
      setTimer: () => {
        throw new Error("a memory node needs no timers");
      },
    };
    this.#memory = memoryNode({ clock, name });
    this.node = wrap(this.#memory);
  }

  /** How many wait queues it keeps. */
  get queues(): number {
    return this.#memory.size.queues;
  }

  identify(): NodeIdentity {
    const uptimeMs = this.timepiece.monotonic() - this.bornAt;
    const runId = `${this.name}/${this.run}`;
    return { runId, uptimeMs, durable: this.durable, unfit: null, warnings: [] };
  }

  /** A request arrives. */
  serve(job: Job): void {
    this.#waiting.push(job);
    if (!this.#works) this.#work();
  }

  /** A process wants to be told on a connection when a lock is its to take. */
  subscribe(process: string, hear: (lock: string) => void, by: object): void {
    const subscription: NoticeSubscription | undefined = this.node.listen?.(process, hear);
    this.#subscriptions.set(process, { by, stop: () => subscription?.stop() });
  }

  /** A connection, or a process, wants it no more. */
  unsubscribe(process: string, by: object): void {
    const subscription = this.#subscriptions.get(process);
    if (subscription?.by !== by) return;
    this.#subscriptions.delete(process);
    subscription.stop();
  }

  /** It accepts requests and does nothing, as in SIGSTOP. */
  hang(hangs: boolean): void {
    this.#world.note(() => `${this.name} ${hangs ? "hangs" : "goes on"}`);
    this.#hangs = hangs;
    if (!this.#works) this.#work();
  }

  /** Whatever was under way is lost, and everything that it knew unless it is durable. */
  crash(): void {
    this.#world.note(() => `${this.name} crashes${this.durable ? "" : " and forgets everything"}`);
    this.up = false;
    this.run++;
    this.#hangs = false;
    this.#waiting = [];
    this.#works = false;
    for (const { stop } of this.#subscriptions.values()) stop();
    this.#subscriptions.clear();
    if (!this.durable) this.#memory.restart();
  }

  start(): void {
    this.#world.note(() => `${this.name} starts`);
    this.up = true;
    this.startedAt = this.#world.now;
    this.bornAt = this.timepiece.monotonic();
  }

  /** Does what waits, one after the other. */
  #work(): void {
    while (this.#waiting.length > 0 && !this.#hangs) {
      if (this.workMs > 0) return this.#workLater();
      this.#doNext();
    }
  }

  #workLater(): void {
    const { run } = this;
    this.#works = true;
    this.#world.after(this.workMs, () => {
      if (run !== this.run) return;
      this.#works = false;
      if (this.#hangs) return;
      this.#doNext();
      this.#work();
    });
  }

  #doNext(): void {
    const job = this.#waiting.shift();
    job?.(this.refusal === undefined ? undefined : new Error(this.refusal));
  }
}
