import { spawn } from "node:child_process";
import { once } from "node:events";

/** Ends a process and removes a folder when this process is gone, however it went. */
export interface Reaper {
  /** The process to end; undefined: none any more. */
  watch(pid: number | undefined): void;
  /** Does its work now. */
  close(): Promise<void>;
}

// Its input ends when this process closes it or dies, by SIGKILL too: no exit hook can promise as much.
const SCRIPT = `
  while read -r line; do pid=$line; done
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
  [ -z "$1" ] || rm -rf "$1"
`;

export function startReaper(folder = ""): Reaper {
  const shell = spawn("/bin/sh", ["-c", SCRIPT, "reaper", folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // Ctrl-C in the terminal is not for it
  });
  shell.unref();
  return {
    watch(pid) {
      shell.stdin.write(`${pid ?? ""}\n`);
    },
    async close() {
      if (shell.exitCode !== null) return;
      shell.ref();
      shell.stdin.end();
      await once(shell, "exit");
    },
  };
}
