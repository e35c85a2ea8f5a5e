import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { runOrExit } from "./run.mjs";

const EX_UNAVAILABLE = 69;
const POLICY = "/usr/sbin/policy-rc.d";

/** Makes sure that the tests find a redis-server, by installing it where that needs no question, or ends with 69. */
export async function requireRedisServer() {
  const binary = process.env.REDIS_SERVER || "redis-server";
  if (runs(binary)) return;
  if (!process.env.REDIS_SERVER && canInstall()) {
    console.log("redis-server is missing: installing Debian's package, without starting its service.");
    await installOnDebian();
    if (runs(binary)) return;
  }
  console.error(`The tests start servers of their own with "${binary}", and it cannot be run. Install it, for example:

  Debian, Ubuntu, WSL   sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server
  macOS                 brew install redis
  Windows               wsl --install, then as on Ubuntu, inside WSL
  Docker                docker run --rm -it -v "$PWD:/kit" -w /kit node:22 npm test

or name another binary: REDIS_SERVER=valkey-server npm test`);
  process.exit(EX_UNAVAILABLE);
}

function runs(binary) {
  return spawnSync(binary, ["--version"]).status === 0;
}

function canInstall() {
  const release = "/etc/os-release";
  if (process.getuid?.() !== 0 || !existsSync(release)) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync(release, "utf8"));
}

/** The package starts a service on port 6379 unless a policy forbids it; a policy that is there already stays. */
async function installOnDebian() {
  const ownPolicy = !existsSync(POLICY);
  const removePolicy = () => rmSync(POLICY, { force: true });
  if (ownPolicy) {
    writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    process.once("exit", removePolicy);
  }
  const apt = (...args) =>
    runOrExit("apt-get", args, { title: `apt-get ${args[0]}`, env: { DEBIAN_FRONTEND: "noninteractive" } });
  await apt("update");
  await apt("install", "-y", "--no-install-recommends", "redis-server");
  if (ownPolicy) removePolicy();
}
