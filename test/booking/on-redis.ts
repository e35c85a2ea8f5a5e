import { Redis } from "ioredis";
import { onTestFinished, vi } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type BookingApp, startBooking } from "./booking-app.js";

/** Servers of the running test. */
export function redisServers(count: number): Promise<RedisServer[]> {
  const servers = Array.from({ length: count }, async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    return server;
  });
  return Promise.all(servers);
}

/** An application of the running test. */
export async function startOnRedis(
  door: string,
  servers: readonly RedisServer[],
  env: Readonly<Record<string, string>> = {},
): Promise<BookingApp> {
  const REDIS_URLS = servers.map(({ url }) => url).join(",");
  const app = await startBooking({ args: ["--door", door], env: { PORT: "0", REDIS_URLS, ...env } });
  onTestFinished(() => app.stop());
  return app;
}

/** Settles when all servers hold the lock of a seat. Says from then on how many of them do. */
export async function seatIsLocked(
  servers: readonly RedisServer[],
  seatId: string,
): Promise<() => Promise<number>> {
  const clients = servers.map(({ url }) => new Redis(url));
  onTestFinished(() => clients.forEach((client) => client.disconnect()));
  const holding = async (): Promise<number> => {
    const held = await Promise.all(clients.map((client) => client.exists(`lock:show:hamlet:seat:${seatId}`)));
    return held.reduce((sum, one) => sum + one, 0);
  };
  await vi.waitUntil(async () => (await holding()) === servers.length, { timeout: 10_000, interval: 5 });
  return holding;
}
