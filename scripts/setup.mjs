import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireSupportedNode } from "./node-version.mjs";
import { root, runOrExit } from "./run.mjs";

const PNPM = "pnpm@12.21.0";

/** Brings a fresh clone with only Node and npm to the point where the given TypeScript projects are built. */
export async function setUp(...projects) {
  requireSupportedNode();
  await installDependencies();
  await runOrExit(bin("tsc"), ["-b", ...projects], { title: "Building" });
}

/** Builds the page of the example, for those who look at it. */
export async function buildPage() {
  const vite = join(root, "examples", "booking", "node_modules", ".bin", "vite");
  await runOrExit(vite, ["build", "examples/booking/page", "--logLevel", "warn"], {
    title: "Building the page",
  });
}

export function bin(name) {
  return join(root, "node_modules", ".bin", name);
}

/** Skipped when the last installation was made from the same lockfile. */
async function installDependencies() {
  const stamp = join(root, "node_modules", ".installed-lockfile");
  const lockfile = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockfile) return;
  // CI=true: pnpm asks nothing and replaces a node_modules that another package manager made.
  await runOrExit("npx", ["--yes", PNPM, "install", "--frozen-lockfile"], {
    title: "Installing dependencies",
    env: { CI: "true" },
  });
  writeFileSync(stamp, lockfile);
}
