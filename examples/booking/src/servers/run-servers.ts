import { requireFreePort, urlOf } from "../listen.js";
import type { Ending } from "../ending.js";
import { openDatabase } from "../database/open-database.js";
import { telling } from "../progress.js";
import { startOwnDatabase } from "../run-server.js";
import type { Settings } from "../settings.js";
import { Applications } from "./applications.js";
import { type RedisProcess, startRedisServers } from "./redis-servers.js";

const REDIS_SERVERS = 3;

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
export async function runServers(settings: Settings, ending: Ending): Promise<Servers> {
  const port = await requireFreePort(settings);
  const redis = settings.startRedis ? await startRedis(ending) : [];
  const redisUrls = settings.startRedis ? redis.map(({ url }) => url) : settings.redisUrls;
  const databaseUrl = settings.databaseUrl ?? (await startOwnDatabase(settings, ending));
  // Once for all, and so is what may be wrong with it.
  const database = await telling("Connecting to the database", openDatabase(databaseUrl));
  await database.destroy();
  const applications = new Applications(settings.door, {
    PORT: String(port),
    REDIS_URLS: redisUrls.join(","),
    DATABASE_URL: databaseUrl,
    DATA_DIR: "",
  });
  ending.add(() => applications.close());
  const pids = await telling(
    `Starting ${settings.servers} applications`,
    applications.start(settings.servers),
  );
  return { url: urlOf({ port }, settings.host), pids, redis };
}

async function startRedis(ending: Ending): Promise<RedisProcess[]> {
  const starting = startRedisServers(REDIS_SERVERS);
  const servers = await telling(`Starting ${REDIS_SERVERS} redis-servers`, starting);
  ending.add(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });
  for (const { port, ended } of servers) {
    void ended.then(() => ending.hasBegun || console.log(`  The redis-server on port ${port} has ended.`));
  }
  return servers;
}
