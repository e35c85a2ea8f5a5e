import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { startEmbeddedDatabase } from "../database/embedded-database.js";
import { requireFreePort } from "../listen.js";
import { telling } from "../progress.js";
import type { Settings } from "../settings.js";
import { StartUpError } from "../start-up-error.js";
import { type RedisProcess, startRedisServers } from "./redis-servers.js";

const REDIS_SERVERS = 3;
const LONGEST_CLOSE_MS = 2_200;

/** Several application processes behind one port, and what was started for them. */
export interface Servers {
  readonly url: string;
  readonly pids: readonly number[];
  readonly redis: readonly RedisProcess[];
}

/**
 * Starts the processes of the application, which share the port, the database and the locks' nodes; and first, where
 * the settings say so, redis-servers and the embedded database, which lives in this process. All end together.
 *
 * @throws StartUpError
 */
export async function runServers(settings: Settings): Promise<Servers> {
  const port = await requireFreePort(settings.port);
  const redis = settings.startRedis
    ? await telling(`Starting ${REDIS_SERVERS} redis-servers`, startRedisServers(REDIS_SERVERS))
    : [];
  const redisUrls = settings.startRedis ? redis.map(({ url }) => url) : settings.redisUrls;
  const embedded =
    settings.databaseUrl === undefined
      ? await telling("Starting the embedded database", startEmbeddedDatabase(settings.dataDir))
      : undefined;

  const env = {
    PORT: String(port),
    REDIS_URLS: redisUrls.join(","),
    DATABASE_URL: settings.databaseUrl ?? embedded?.url,
    DATA_DIR: "",
  };
  cluster.setupPrimary({ args: ["--door", settings.door] });
  const workers = Array.from({ length: settings.servers }, () => cluster.fork(env));
  endTogether(workers, async () => {
    await Promise.all([...redis.map((server) => server.stop()), embedded?.close()]);
  });
  await telling(`Starting ${workers.length} applications`, Promise.all(workers.map(isReady)));
  return {
    url: `http://localhost:${port}`,
    pids: workers.map(({ process: { pid } }) => pid ?? 0),
    redis,
  };
}

/** Settles when the process answers requests. */
async function isReady(worker: Worker): Promise<void> {
  const failed = once(worker, "exit").then(() => {
    throw new StartUpError("One of the servers could not start.");
  });
  await Promise.race([once(worker, "listening"), failed]);
  failed.catch(() => {});
}

/** On Ctrl-C and SIGTERM: the processes first, then what they need. Who is frozen can't end by itself. */
function endTogether(workers: readonly Worker[], closeRest: () => Promise<void>): void {
  let isClosing = false;
  const close = async (): Promise<void> => {
    if (isClosing) return;
    isClosing = true;
    const ends = workers.filter((worker) => !worker.isDead()).map((worker) => once(worker, "exit"));
    for (const worker of workers) worker.process.kill("SIGTERM");
    const kill = setTimeout(() => {
      for (const worker of workers) worker.process.kill("SIGKILL");
    }, LONGEST_CLOSE_MS);
    await Promise.all(ends);
    clearTimeout(kill);
    await closeRest();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void close());
}
