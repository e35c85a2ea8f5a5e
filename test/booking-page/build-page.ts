import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const folder = fileURLToPath(new URL("../../examples/booking/page/", import.meta.url));
const vite = fileURLToPath(new URL("../../examples/booking/node_modules/.bin/vite", import.meta.url));

/** Builds the page unless it is up to date: others may be reading what was built. */
export async function buildPage(): Promise<void> {
  const built = await changedAt("dist/index.html");
  const sources = ["index.html", "vite.config.ts", ...(await filesIn("src")), ...(await filesIn("public"))];
  const changes = await Promise.all(sources.map(changedAt));
  if (Math.max(...changes) < built) return;
  await promisify(execFile)(vite, ["build", folder, "--logLevel", "warn"]);
}

async function filesIn(name: string): Promise<string[]> {
  const entries = await readdir(join(folder, name), { recursive: true });
  return entries.map((entry) => join(name, entry));
}

/** In milliseconds since 1970; of what does not exist 0. */
async function changedAt(path: string): Promise<number> {
  return stat(join(folder, path)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
