import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type FakeClock, fakeClock } from "../../support/fake-clock.js";
import { forkWorker } from "../../support/fork-worker.js";
import { type Give, ordersTo } from "../../support/orders.js";
import type { ContenderOrders } from "./contender.js";

/** One process that contends for locks. */
export class StageWorker {
  readonly index: number;
  readonly give: Give<ContenderOrders>;
  /** What it has written to its standard error so far. */
  stderr = "";
  killed = false;
  readonly #process: ChildProcess;
  readonly #clock: FakeClock | undefined;
  readonly #exited: Promise<unknown>;

  private constructor(index: number, clock: FakeClock | undefined) {
    this.index = index;
    this.#clock = clock;
    this.#process = forkWorker(new URL("./contender.worker.ts", import.meta.url), [], {
      stderr: "pipe",
      ...(clock && { env: clock.env }),
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#exited = once(this.#process, "exit");
    this.give = ordersTo<ContenderOrders>(this.#process);
  }

  /** @param ownClock whether the system itself shall tell it another time, where that can be had */
  static async start(index: number, ownClock: boolean): Promise<StageWorker> {
    return new StageWorker(index, ownClock ? await fakeClock() : undefined);
  }

  /** Sets its wall clock, for all of the process or at least for all of its JavaScript. */
  async setWallClock(aheadMs: number): Promise<void> {
    if (this.#clock === undefined) await this.give("setWallClock", aheadMs);
    else this.#clock.set(aheadMs);
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  /** SIGCONT. */
  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.killed = true;
    this.#process.kill("SIGKILL");
    await this.#exited;
    this.#clock?.remove();
  }

  /** Has it end by itself; what it ended with, which is `0` when all is well. */
  async leave(): Promise<number | string> {
    if (this.killed) return 0;
    const stuck = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    if (this.#process.connected) this.give("leave").catch(() => {}); // it answers by leaving
    await this.#exited;
    clearTimeout(stuck);
    this.#clock?.remove();
    return this.#process.exitCode ?? this.#process.signalCode ?? "nothing";
  }
}
