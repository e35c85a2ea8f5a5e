import type { RedisClient } from "../redis-client.js";
import { type IoredisClient, IoredisConnection } from "./ioredis-connection.js";

export type { IoredisClient } from "./ioredis-connection.js";
export { ioredisClientOf } from "./ioredis-url.js";

/** Whether something looks like an ioredis client. */
export function isIoredisClient(value: unknown): value is IoredisClient {
  if (typeof value !== "object" || value === null) return false;
  const { status, call, connect, disconnect, on, off } = value as Partial<
    Record<keyof IoredisClient, unknown>
  >;
  return (
    typeof status === "string" &&
    [call, connect, disconnect, on, off].every((member) => typeof member === "function")
  );
}

/** So that many managers over one client listen to it once. */
const connections = new WeakMap<IoredisClient, IoredisConnection>();

/** A client of the user's: used as it is, and never closed. */
export function ioredisClient(client: IoredisClient): RedisClient {
  const connection = connections.get(client) ?? new IoredisConnection(client, nameOf(client), false);
  connections.set(client, connection);
  return connection;
}

function nameOf({ options, isCluster }: IoredisClient): string {
  if (isCluster) return "redis-cluster";
  const { host, port, path, db } = options as { host?: string; port?: number; path?: string; db?: number };
  return `${path ?? `${host ?? "localhost"}:${port ?? 6379}`}${db ? `/${db}` : ""}`;
}
