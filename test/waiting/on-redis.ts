import type { LockManager, LockManagerOptions } from "@redlock-kit/core";
import type { Redis } from "ioredis";
import { expect, vi } from "vitest";
import { lockManager, redisClient } from "../support/this-test.js";
import type { RedisServer } from "../support/redis-server.js";
import { everyNodeVotes } from "../wire/every-node-votes.js";

/** What must come to be true, however busy the machine is. */
export async function eventually(claim: () => unknown): Promise<void> {
  await vi.waitFor(claim, { timeout: 15_000, interval: 10 });
}

/** Waits until `count` processes wait for `key` on a server, and listen there. */
export async function waiting(client: Redis, count: number, key = "k"): Promise<void> {
  await eventually(async () => {
    expect(await client.zcard(`{lock:${key}}:queue`)).toBe(count);
    expect(await client.pubsub("CHANNELS", "redlock-kit:wake:*")).toHaveLength(count);
  });
}

/** As many managers as are asked for, each with clients of its own, by which every server has said who it is. */
export async function managersOn(
  servers: readonly Pick<RedisServer, "url">[],
  count: number,
  options: Partial<LockManagerOptions> = {},
): Promise<LockManager[]> {
  const managers = Array.from({ length: count }, () =>
    lockManager({ nodes: servers.map(redisClient), waitMs: 30_000, ttlMs: 90_000, ...options }),
  );
  // A vote that a quorum has decided before does not reach the others.
  await Promise.all(managers.map(everyNodeVotes));
  return managers;
}

/** How many milliseconds something takes. */
export async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}
