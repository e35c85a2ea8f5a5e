import { createLockManager, type LockManager, type LockManagerOptions } from "@redlock-kit/core";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { type RedisOptions, type RedisServer, startRedis } from "./redis-server.js";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.js";

/*
 * What one test needs, taken down when it has finished, however it did: whatever was made last goes first, so that
 * managers still find their servers.
 */

/** One real server. */
export async function redisServer(options?: RedisOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Independent servers, side by side. */
export function redisServers(count: number, options?: RedisOptions): Promise<RedisServer[]> {
  return Promise.all(Array.from({ length: count }, () => redisServer(options)));
}

/** A proxy in front of a server. */
export async function tcpProxy(server: RedisServer): Promise<TcpProxy> {
  const proxy = await startTcpProxy(server.port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** An ioredis client as a user makes one: all its settings are the defaults. */
export function redisClient(of: { readonly url: string }): Redis {
  const client = new Redis(of.url);
  client.on("error", () => {}); // servers that are away are what the tests are about
  onTestFinished(() => client.disconnect());
  return client;
}

/** A manager, which is closed at the end: nothing that it holds is waited for. */
export function lockManager(options: LockManagerOptions): LockManager {
  const locks = createLockManager(options);
  onTestFinished(() => locks.close({ graceMs: 0 }));
  return locks;
}

/** The URLs of servers or proxies, as nodes. */
export function urlsOf(nodes: readonly { readonly url: string }[]): string[] {
  return nodes.map(({ url }) => url);
}
