import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { startReaper } from "../support/reaper.js";

/** How a process ended, and what it said. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a `*.worker.ts` as a script that nobody talks to: without a channel to this process, which could keep it alive
 * or end it, and with its output caught. Where it does not end by itself, the end of the test ends it.
 */
export async function runToEnd(script: URL, args: readonly string[]): Promise<Ending> {
  const flags = ["--conditions=@redlock-kit/source", "--import", "tsx"];
  const child = spawn(process.execPath, [...flags, fileURLToPath(script), ...args], {
    cwd: fileURLToPath(new URL("..", import.meta.url)), // where tsx and its tsconfig are found
    stdio: ["ignore", "pipe", "pipe"],
  });
  const reaper = startReaper();
  reaper.watch(child.pid);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await reaper.close();
  });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "exit") as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  reaper.watch(undefined);
  return { code, stdout, stderr };
}
