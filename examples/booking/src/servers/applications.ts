import cluster, { type Worker } from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import type { DoorName } from "../settings.js";
import { StartUpError } from "../start-up-error.js";

/** Longer than they need to end by themselves. */
const LONGEST_CLOSE_MS = 1_900;
/** Before a successor of one that has not served for a while: doubles from the first pause to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Whoever has lived so long did not die of its start. */
const STEADY_MS = 60_000;

interface Application {
  readonly worker: Worker;
  readonly pid: number;
  /** Settles with `false` if it ends before it answers requests. */
  readonly listens: Promise<boolean>;
  /** Settles with the exit code or the signal, and never rejects. */
  readonly ended: Promise<string>;
}

/** Processes of the application that listen on one port, by `node:cluster`. One that ends gets a successor. */
export class Applications {
  readonly #env: Record<string, string>;
  readonly #alive = new Set<Application>();
  readonly #closing = new AbortController();

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
    const applications = Array.from({ length: count }, () => this.#fork());
    const starts = applications.map(async ({ pid, listens }) => {
      if (!(await listens)) throw new StartUpError(`Application ${pid} could not start.`);
    });
    await Promise.all(starts);
    for (const application of applications) void this.#keep(application);
    return applications.map(({ pid }) => pid);
  }

  /** Lets them end. Who is frozen can't by itself, and is killed. */
  async close(): Promise<void> {
    this.#closing.abort();
    const alive = [...this.#alive];
    for (const { worker } of alive) worker.process.kill("SIGTERM");
    const kill = setTimeout(() => {
      for (const { worker } of alive) worker.process.kill("SIGKILL");
    }, LONGEST_CLOSE_MS);
    await Promise.all(alive.map(({ ended }) => ended));
    clearTimeout(kill);
  }

  /**
   * Has a successor for an application that ends, and for that one in turn: at once at first, and after growing pauses
   * as long as they don't live. What keeps them from it, such as a database that is away, may be over the next time.
   */
  async #keep(first: Application): Promise<void> {
    const { signal } = this.#closing;
    let pauseMs = 0;
    for (let application = first; ; ) {
      const since = performance.now();
      const reason = await application.ended;
      if (signal.aborted) return;
      if (performance.now() - since > STEADY_MS) pauseMs = 0;
      const end = `  Application ${application.pid} has ended (${reason})`;
      if (pauseMs > 0) {
        console.log(`${end}; another one is started in ${pauseMs / 1_000} s.`);
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
      }
      application = this.#fork();
      console.log(
        pauseMs === 0
          ? `${end}; ${application.pid} takes its place.`
          : `  Application ${application.pid} is started.`,
      );
      pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, 2 * pauseMs), LONGEST_PAUSE_MS);
    }
  }

  #fork(): Application {
    const worker = cluster.fork(this.#env);
    const ended = new Promise<string>((resolve) => {
      worker.once("exit", (code: number | null, signal: string | null) => resolve(signal ?? String(code)));
      // One that can't be spawned has no exit; for all others it comes yet.
      worker.on("error", (error) => worker.process.pid ?? resolve(error.message));
    });
    const listening = new Promise<boolean>((resolve) => worker.once("listening", () => resolve(true)));
    const application = {
      worker,
      pid: worker.process.pid ?? 0,
      listens: Promise.race([listening, ended.then(() => false)]),
      ended,
    };
    this.#alive.add(application);
    void ended.then(() => this.#alive.delete(application));
    return application;
  }
}
