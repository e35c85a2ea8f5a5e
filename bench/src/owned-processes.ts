import { type ChildProcess, spawn } from "node:child_process";

/*
 * Whatever the benchmark starts ends with it: by the exit hook when it ends in an orderly way, by a shell whose input
 * ends with this process when it doesn't (SIGKILL runs no hook). A stopped server is killed just so.
 */

const pids = new Set<number>();

const SCRIPT = `
  while read -r line; do pids=$line; done
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null
`;

let reaper: ChildProcess | undefined;

/** Ends `child` with this process at the latest. */
export function own(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  pids.add(pid);
  tellReaper();
  child.once("exit", () => {
    pids.delete(pid);
    tellReaper();
  });
}

function tellReaper(): void {
  reaper ??= startReaper();
  reaper.stdin?.write(`${[...pids].join(" ")}\n`);
}

function startReaper(): ChildProcess {
  // detached: Ctrl-C in the terminal is not for it.
  const shell = spawn("/bin/sh", ["-c", SCRIPT], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  shell.stdin.on("error", () => {});
  // Its input must not keep this process alive.
  (shell.stdin as unknown as { unref(): void }).unref();
  process.once("exit", killAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(130));
  }
  return shell;
}

function killAll(): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}
