import type { Clock, ClockTimer } from "@redlock-kit/core";
import type { Dice } from "./dice.js";
import type { Timepiece } from "./timepiece.js";
import type { World } from "./world.js";

/** A timer is late by so much at most while its process runs. */
export const LATEST_MS = 12;

type Task = () => void;

/** One process: it runs what its timers and its sockets bring, unless it is stopped or dead. */
export class Machine implements Clock {
  readonly name: string;
  readonly timepiece: Timepiece;
  alive = true;
  /** How many timers are set. */
  timers = 0;
  readonly #world: World;
  readonly #dice: Dice;
  readonly #bornAt: number;
  /** How likely a timer is to be late by more than a moment. */
  readonly #busy: number;
  #stopped = false;
  #stoppedAt = 0;
  #stoppedMs = 0;
  /** What has become due while it was stopped. */
  #dueTimers: Task[] = [];
  #inSockets: Task[] = [];

  constructor(world: World, name: string, timepiece: Timepiece, dice: Dice, busy: number) {
    this.#world = world;
    this.#bornAt = world.now;
    this.name = name;
    this.timepiece = timepiece;
    this.#dice = dice;
    this.#busy = busy;
  }

  get runs(): boolean {
    return this.alive && !this.#stopped;
  }

  /** For how many true milliseconds it has run since its start. */
  get ranMs(): number {
    const now = this.#stopped ? this.#stoppedAt : this.#world.now;
    return now - this.#bornAt - this.#stoppedMs;
  }

  monotonic(): number {
    return this.timepiece.monotonic();
  }

  wall(): number {
    return this.timepiece.wall();
  }

  readonly random = (): number => this.#dice.next();

  /** As Node's: of whole milliseconds, one at least, and never early by them; late as the process has other things to do. */
  setTimer(callback: () => void, delayMs: number): ClockTimer {
    const due = this.monotonic() + Math.max(1, Math.floor(delayMs));
    let isSet = true;
    this.timers++;
    const end = (): void => {
      if (isSet) this.timers--;
      isSet = false;
    };
    const look = (): void => {
      if (!isSet || !this.alive) return;
      if (this.#stopped) return void this.#dueTimers.push(look);
      const left = due - this.monotonic();
      if (left > 1e-6) planned = this.#world.after(this.timepiece.trueMs(left), look);
      else {
        end();
        callback();
      }
    };
    const inMs = this.timepiece.trueMs(due - this.monotonic()) + this.#lateMs();
    let planned = this.#world.after(inMs, look);
    const cancel = (): void => {
      end();
      planned.cancel();
    };
    return { ref() {}, unref() {}, cancel };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.setTimer(resolve, ms));
  }

  /** Something arrives at one of its sockets. */
  receive(task: Task): void {
    if (!this.alive) return;
    if (this.#stopped) this.#inSockets.push(task);
    else task();
  }

  /** What its clients do by timers that nobody counts. */
  later(ms: number, task: Task): void {
    this.#world.after(ms, () => this.receive(task));
  }

  /** SIGSTOP; `suspended`: the whole machine goes to sleep, and its monotonic clock with it. */
  stop(suspended: boolean): void {
    if (!this.runs) return;
    this.#world.note(() => `${this.name} ${suspended ? "is suspended" : "is stopped"}`);
    this.#stopped = true;
    this.#stoppedAt = this.#world.now;
    if (suspended) this.timepiece.suspend(true);
  }

  /** It goes on, with what has become due meanwhile: an event loop can come to its timers or to its sockets first. */
  goOn(): void {
    if (!this.alive || !this.#stopped) return;
    this.#world.note(() => `${this.name} goes on`);
    this.#stopped = false;
    this.#stoppedMs += this.#world.now - this.#stoppedAt;
    this.timepiece.suspend(false);
    const timers = this.#dueTimers;
    const sockets = this.#inSockets.map((task) => () => this.receive(task));
    this.#dueTimers = [];
    this.#inSockets = [];
    const tasks = this.#dice.chance(0.5) ? [...timers, ...sockets] : [...sockets, ...timers];
    for (const task of tasks) this.#world.after(0, task);
  }

  kill(): void {
    this.#world.note(() => `${this.name} is killed`);
    this.alive = false;
    this.#dueTimers = [];
    this.#inSockets = [];
  }

  #lateMs(): number {
    const late = this.#dice.next();
    return this.#dice.chance(this.#busy) ? late * LATEST_MS : late * 0.3;
  }
}
