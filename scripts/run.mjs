import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const QUIET_MS = 2_000;
const PROGRESS_MS = 10_000;

/**
 * Runs a command in the root folder. With `title` its output is kept back, and a progress line appears once it takes
 * more than two seconds; without, it shares this terminal. Resolves with the exit code and the output kept back.
 * SIGINT and SIGTERM are passed on; once the child has ended, this process ends too.
 */
export async function run(command, args, { title, env = {} } = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: title ? ["ignore", "pipe", "pipe"] : "inherit",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }

  let interrupted = false;
  const passOn = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  process.on("SIGINT", passOn).on("SIGTERM", passOn);
  const endProgress = title ? showProgress(title) : () => {};
  try {
    const [code] = await once(child, "close");
    if (interrupted) process.exit(130);
    return { code: code ?? 1, output };
  } finally {
    endProgress();
    process.off("SIGINT", passOn).off("SIGTERM", passOn);
  }
}

/** Runs a step that everything after it needs: when it fails, its output is shown and this process ends. */
export async function runOrExit(command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code === 0) return;
  console.error(`${output}\n${options.title}: failed (${[command, ...args].join(" ")})`);
  process.exit(code);
}

/** Returns what ends it. */
function showProgress(title) {
  const since = Date.now();
  const line = () => console.log(`${title} … ${Math.round((Date.now() - since) / 1000)} s`);
  let interval;
  const first = setTimeout(() => {
    line();
    interval = setInterval(line, PROGRESS_MS);
  }, QUIET_MS);
  return () => {
    clearTimeout(first);
    clearInterval(interval);
  };
}
