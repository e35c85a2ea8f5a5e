import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startReaper } from "./reaper.js";

interface WorkerSettings {
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** `pipe`: what it writes to its standard error is for the test, not for the terminal. */
  readonly stderr?: "pipe";
}

/**
 * Runs a `*.worker.ts` as a Node process of its own, which ends with this one at the latest.
 *
 * Node 20 cannot run TypeScript, and vitest's transformation is not there in a child, so tsx loads the file; the
 * condition makes the workspace packages resolve to their sources there too. One process: signals sent to the child,
 * SIGSTOP and SIGKILL included, reach the code under test. tsx writes no decorator metadata: a test that needs a whole
 * Nest application in a process of its own starts a built one.
 */
export function forkWorker(
  script: URL,
  args: readonly string[] = [],
  { env, stderr }: WorkerSettings = {},
): ChildProcess {
  const child = fork(fileURLToPath(script), args, {
    cwd: fileURLToPath(new URL("..", import.meta.url)), // where tsx and its tsconfig are found
    execArgv: ["--conditions=@redlock-kit/source", "--import", "tsx"],
    env: { ...process.env, ...env },
    stdio: ["inherit", "inherit", stderr ?? "inherit", "ipc"],
  });
  const reaper = startReaper();
  reaper.watch(child.pid);
  child.once("exit", () => {
    reaper.watch(undefined);
    void reaper.close();
  });
  return child;
}
