import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startReaper } from "../support/reaper.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = fileURLToPath(import.meta.resolve("@redlock-kit/booking-example/dist/main.js"));

/** For `describe.each`. */
export const doors = ["nest", "express"] as const;

export interface BookingOptions {
  readonly args?: readonly string[];
  /** The application sees no other settings of this environment. Default: any free port. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The sample application as its users run it: what was built, in a process of its own. */
export interface BookingProcess {
  readonly pid: number;
  /** Settles when it has ended: with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Everything that it has printed. */
  output(stream: "stdout" | "stderr"): string;
  kill(signal: NodeJS.Signals): void;
  /** Ends it, whatever it is doing. */
  stop(): Promise<void>;
}

export interface BookingApp extends BookingProcess {
  /** Where it listens. */
  readonly url: string;
}

/** Builds what is not up to date: an application that was built long ago must not answer for today's sources. */
export async function buildBooking(): Promise<void> {
  await promisify(execFile)(`${root}node_modules/.bin/tsc`, ["-b", "examples/booking"], { cwd: root });
}

export function spawnBooking({ args = [], env = { PORT: "0" } }: BookingOptions = {}): BookingProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const reaper = startReaper();
  reaper.watch(child.pid);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  }
  const ended = endOf(child);
  void ended.then(() => {
    reaper.watch(undefined);
    return reaper.close();
  });
  return {
    pid: child.pid as number,
    ended,
    output: (stream) => output[stream],
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Resolves when the application listens; rejects with what it printed if it ends instead. */
export async function startBooking(options: BookingOptions = {}): Promise<BookingApp> {
  const booking = spawnBooking(options);
  let isEnded = false;
  void booking.ended.then(() => (isEnded = true));
  for (;;) {
    const url = /http:\/\/localhost:\d+/.exec(booking.output("stdout"))?.[0];
    if (url !== undefined) return { ...booking, url };
    if (isEnded) throw new Error(`The application did not start: ${booking.output("stderr")}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return code ?? signal ?? "SIGKILL";
}
