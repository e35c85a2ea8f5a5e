import { type LockManager, memoryNode, type NodeSource } from "@redlock-kit/core";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import type { RedisServer } from "../support/redis-server.js";
import { scriptsRun } from "../support/scripts-run.js";
import { lockManager, redisClient, redisServers, urlsOf } from "../support/this-test.js";

const ACQUIRES = 3_000;
const NODE_TIMEOUT_MS = 50;
const OLD_SERVERS = { restartQuarantineMs: 0 };

/** What a client keeps for its server: sent and unanswered, or not even sent. ioredis has no public count of it. */
function queuedIn(client: Redis): number {
  const { commandQueue, offlineQueue } = client as unknown as Record<string, { length: number }>;
  return (commandQueue?.length ?? 0) + (offlineQueue?.length ?? 0);
}

/** Takes and gives back many locks. Returns how often a node out of order may be asked meanwhile whether it is back. */
async function manyLocks(locks: LockManager): Promise<number> {
  const since = performance.now();
  for (let i = 0; i < ACQUIRES; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, j) => locks.withLock(`seat:${i + j}`, () => {})));
  }
  return 50 + (3 * (performance.now() - since)) / NODE_TIMEOUT_MS;
}

/** Three nodes, of which the manager knows that the last is out of order. */
async function withOneOutOfOrder(
  strike: "kill" | "pause",
  nodesOf: (servers: RedisServer[]) => NodeSource[],
) {
  const servers = await redisServers(3);
  const locks = lockManager({ nodes: nodesOf(servers), nodeTimeoutMs: NODE_TIMEOUT_MS, ...OLD_SERVERS });
  await (await locks.acquire("warm up")).release();
  const [, , server] = servers;
  await server?.[strike]();
  const isVoting = async () => {
    await locks.withLock("warm up", () => {});
    return locks.stats().nodes[2]?.voting;
  };
  await expect.poll(isVoting, { timeout: 5_000 }).toBe(false);
  return { locks, server };
}

describe.each([
  ["dead", "kill"],
  ["hung", "pause"],
] as const)("D29: thousands of locks beside a %s node", (_name, strike) => {
  test("queue next to nothing in the user's own ioredis client, all of whose settings are the defaults", async () => {
    let clients: Redis[] = [];
    const { locks } = await withOneOutOfOrder(strike, (servers) => (clients = servers.map(redisClient)));
    const few = await manyLocks(locks);
    expect(clients.map(queuedIn)[2]).toBeLessThan(few);
  });

  test("keep next to nothing for it where nodes are given as URLs: little is sent when it is back", async () => {
    const { locks, server } = await withOneOutOfOrder(strike, urlsOf);
    const few = await manyLocks(locks);
    if (strike === "kill") await server?.restart();
    else server?.resume();
    await expect.poll(() => locks.stats().nodes[2]?.voting, { timeout: 10_000 }).toBe(true);
    expect(server && (await scriptsRun(redisClient(server)))).toBeLessThan(few);
  });
});

describe("D16", () => {
  test("statistics do not grow with the number of locks", async () => {
    const locks = lockManager({ nodes: [memoryNode()] });
    const size = () => JSON.stringify(locks.stats()).length;
    await manyLocks(locks);
    const before = size();
    await manyLocks(locks);
    expect(size()).toBeLessThan(before + 20);
  });

  test("a quorum below a majority can't be asked for", () => {
    const nodes = [1, 2, 3].map(() => memoryNode());
    const unsound = { nodes, quorum: 1 };
    expect(() => lockManager(unsound)).toThrow(
      expect.objectContaining({ code: "ERR_LOCK_INVALID_ARGUMENT" }),
    );
  });

  test("one node of three is no quorum", async () => {
    const servers = await redisServers(3);
    const locks = lockManager({ nodes: urlsOf(servers), ...OLD_SERVERS });
    await (await locks.acquire("warm up")).release();
    await Promise.all(servers.slice(1).map((server) => server.kill()));
    await expect(locks.acquire("seat", { waitMs: 0 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
    });
  });
});
