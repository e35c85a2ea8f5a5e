// npm run soak -- [--minutes M] [more: --help]
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { requireRedisServer } from "./redis-server.mjs";
import { setUp } from "./setup.mjs";

await setUp("packages/core");
await requireRedisServer("npm run soak");

const test = new URL("../test/", import.meta.url);
const tsx = pathToFileURL(createRequire(new URL("package.json", test)).resolve("tsx"));
const main = fileURLToPath(new URL("soak/main.ts", test));
// In a session of its own: a terminal's Ctrl-C would end the servers under the soak. It ends with this process at the
// latest, since it notices when the channel to it is closed.
const soak = spawn(
  process.execPath,
  ["--conditions=@redlock-kit/source", "--import", tsx.href, main, ...process.argv.slice(2)],
  { stdio: ["inherit", "inherit", "inherit", "ipc"], detached: true },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => soak.kill(signal));
soak.once("exit", (code) => {
  process.exitCode = code ?? 1;
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
});
