import { spawnSync } from "node:child_process";
import { canInstallPackages, installPackage } from "./debian-packages.mjs";

const EX_UNAVAILABLE = 69;

/**
 * Makes sure that there is a redis-server, by installing it where that needs no question, or ends with 69.
 *
 * @param command what is run again when it is there
 */
export async function requireRedisServer(command) {
  const binary = process.env.REDIS_SERVER || "redis-server";
  if (runs(binary)) return;
  if (!process.env.REDIS_SERVER && canInstallPackages()) {
    console.log("redis-server is missing: installing Debian's package, without starting its service.");
    await installPackage("redis-server");
    if (runs(binary)) return;
  }
  console.error(`Servers are to be started with "${binary}", and it cannot be run. Install it, for example:

  Debian, Ubuntu, WSL   sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server
  macOS                 brew install redis
  Windows               wsl --install, then as on Ubuntu, inside WSL
  Docker                docker run --rm -it -v "$PWD:/kit" -w /kit node:22 ${command}

or name another binary: REDIS_SERVER=valkey-server ${command}`);
  process.exit(EX_UNAVAILABLE);
}

function runs(binary) {
  return spawnSync(binary, ["--version"]).status === 0;
}
