import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { DoorName } from "../settings.js";
import { StartUpError } from "../start-up-error.js";

/** Longer than they need to end by themselves. */
const LONGEST_CLOSE_MS = 1_900;

/** Processes of the application that listen on one port, by `node:cluster`. One that dies gets a successor. */
export class Applications {
  readonly #env: Record<string, string>;
  #workers: Worker[] = [];
  #isClosing = false;

  constructor(door: DoorName, env: Record<string, string>) {
    this.#env = env;
    cluster.setupPrimary({ args: ["--door", door] });
  }

  /**
   * Settles when they answer requests.
   *
   * @returns their pids
   * @throws StartUpError if one of them can't
   */
  async start(count: number): Promise<number[]> {
    this.#workers = Array.from({ length: count }, () => cluster.fork(this.#env));
    await Promise.all(this.#workers.map(isListening));
    for (const worker of this.#workers) this.#keep(worker);
    return this.#workers.map(pidOf);
  }

  /** Lets them end. Who is frozen can't by itself, and is killed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const alive = this.#workers.filter((worker) => !worker.isDead());
    const ends = alive.map((worker) => once(worker, "exit"));
    for (const worker of alive) worker.process.kill("SIGTERM");
    const kill = setTimeout(() => {
      for (const worker of alive) worker.process.kill("SIGKILL");
    }, LONGEST_CLOSE_MS);
    await Promise.all(ends);
    clearTimeout(kill);
  }

  #keep(worker: Worker): void {
    worker.once("exit", (code: number | null, signal: string | null) => {
      if (this.#isClosing) return;
      const successor = cluster.fork(this.#env);
      this.#workers = this.#workers.map((each) => (each === worker ? successor : each));
      console.log(
        `  Application ${pidOf(worker)} has ended (${signal ?? code}); ${pidOf(successor)} takes its place.`,
      );
      // One that dies before it listens would die again and again.
      isListening(successor).then(
        () => this.#keep(successor),
        (error: unknown) => this.#isClosing || console.error((error as Error).message),
      );
    });
  }
}

function pidOf(worker: Worker): number {
  return worker.process.pid ?? 0;
}

async function isListening(worker: Worker): Promise<void> {
  const ended = once(worker, "exit").then(() => {
    throw new StartUpError(`Application ${pidOf(worker)} could not start.`);
  });
  ended.catch(() => {});
  await Promise.race([once(worker, "listening"), ended]);
}
