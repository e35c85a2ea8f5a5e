import cluster from "node:cluster";
import { isLockError } from "@redlock-kit/core";
import { Ending } from "./ending.js";
import { runServer } from "./run-server.js";
import { runServers } from "./servers/run-servers.js";
import { readSettings, type Settings, USAGE } from "./settings.js";
import { StartUpError } from "./start-up-error.js";

if (process.argv.includes("--help")) {
  console.log(USAGE);
  process.exit();
}

const ending = new Ending();

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (cluster.isWorker) await runServer(settings, ending);
  else if (settings.servers > 1 || settings.startRedis) await startSeveral(settings);
  else await startOne(settings);
  ending.isAtWork();
} catch (error) {
  const isTold = error instanceof StartUpError || isLockError(error, "ERR_LOCK_INVALID_ARGUMENT");
  // What fails because everything is closed already is no news.
  if (!ending.hasBegun) console.error(isTold ? error.message : error);
  await ending.end(1);
}

async function startOne(settings: Settings): Promise<void> {
  const url = await runServer(settings, ending);
  tellAddress(url, settings.redisUrls.length || "in memory, for this process alone", settings);
}

async function startSeveral(settings: Settings): Promise<void> {
  const { url, pids, redis } = await runServers(settings, ending);
  for (const [index, { port, pid }] of redis.entries()) {
    console.log(`  redis-server ${index + 1} on port ${port}: pid ${pid}`);
  }
  for (const [index, pid] of pids.entries()) console.log(`  application ${index + 1}: pid ${pid}`);
  tellAddress(url, redis.length || settings.redisUrls.length, settings);
}

function tellAddress(url: string, nodes: number | string, settings: Settings): void {
  console.log(
    `Booking listens on ${url} (door: ${settings.door}; lock nodes: ${nodes}; ${database(settings)})`,
  );
}

function database({ databaseUrl, dataDir }: Settings): string {
  if (databaseUrl !== undefined) return "database: DATABASE_URL";
  return `database: embedded, ${dataDir === undefined ? "in memory" : `in ${dataDir}`}`;
}
