import { invalidArgument } from "./errors.js";
import type { LockNode } from "./node/lock-node.js";
import { MOST_NODES } from "./quorum/node-bits.js";
import {
  type IoredisClient,
  ioredisClient,
  ioredisClientOf,
  isIoredisClient,
} from "./redis/clients/ioredis.js";
import { RedisNode } from "./redis/redis-node.js";
import type { ReplicationSettings } from "./redis/replication.js";

/** Whatever can be a node: an ioredis client (`Redis` or `Cluster`), a `redis://` or `rediss://` URL, or a node such as `memoryNode()`. */
export type NodeSource = IoredisClient | LockNode | string;

/**
 * The nodes of a manager.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` naming the source that is not usable
 */
export function nodesOf(sources: readonly NodeSource[], replication: ReplicationSettings): LockNode[] {
  if (!Array.isArray(sources) || sources.length === 0) {
    throw invalidArgument("nodes", "must be an array of at least one client, URL or node");
  }
  if (sources.length > MOST_NODES) {
    throw invalidArgument("nodes", `must be at most ${MOST_NODES}, not ${sources.length}; 3 or 5 are best`);
  }
  // All are checked before the first connection is opened. Array.from, since map() passes over holes.
  const openers = Array.from(sources, (source: unknown, i) => openerOf(source, `nodes[${i}]`, replication));
  for (const [i, source] of sources.entries()) {
    const first = sources.indexOf(source);
    if (first !== i)
      throw invalidArgument(
        `nodes[${i}]`,
        `is nodes[${first}] again, which would vote twice; give independent servers`,
      );
  }
  return openers.map((open) => open());
}

function openerOf(source: unknown, argument: string, replication: ReplicationSettings): () => LockNode {
  if (typeof source === "string") {
    const url = parseUrl(source, argument);
    return () => new RedisNode(ioredisClientOf(url), replication);
  }
  if (isLockNode(source)) {
    if (replication.minReplicas === 0) return () => source;
    throw invalidArgument("minReplicas", `must be 0, since ${argument} is no Redis server with replicas`);
  }
  if (isIoredisClient(source)) {
    const { keyPrefix } = source.options as { keyPrefix?: string };
    if (source.isCluster && keyPrefix) {
      throw invalidArgument(
        argument,
        "is a Cluster client with a keyPrefix, which would tear keys apart; use the manager's keyPrefix",
      );
    }
    if (source.isCluster && replication.minReplicas > 0) {
      throw invalidArgument(
        "minReplicas",
        `must be 0, since ${argument} is a Cluster, where WAIT does not know which server was written to`,
      );
    }
    return () => new RedisNode(ioredisClient(source), replication);
  }
  const got = source === null ? "null" : typeof source;
  throw invalidArgument(
    argument,
    `must be an ioredis client, a redis:// URL or a node such as memoryNode(), not ${got === "object" ? "another object" : got}`,
  );
}

function parseUrl(text: string, argument: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url?.protocol === "redis:" || url?.protocol === "rediss:";
  if (usable && /^\/?\d*$/.test(url.pathname) && isDecodable(url.username + url.password)) return url;
  // The text may hold a password.
  throw invalidArgument(
    argument,
    'is no URL of the form "redis://host:port/database" or "rediss://user:password@host:port"',
  );
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isLockNode(source: unknown): source is LockNode {
  if (typeof source !== "object" || source === null) return false;
  const { grant, confirm, extend, release } = source as Partial<Record<keyof LockNode, unknown>>;
  return [grant, confirm, extend, release].every((method) => typeof method === "function");
}
