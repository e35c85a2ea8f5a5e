import type { Redis } from "ioredis";

/** How many scripts a server has been asked to run since it started: what every request for a lock is. */
export async function scriptsRun(client: Redis): Promise<number> {
  const stats = await client.info("commandstats");
  const calls = stats.matchAll(/cmdstat_(?:evalsha|eval):calls=(\d+)/g);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}
