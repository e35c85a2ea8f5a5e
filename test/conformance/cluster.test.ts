import { createLockManager } from "@redlock-kit/core";
import { Cluster } from "ioredis";
import { describe } from "vitest";
import { startRedisCluster } from "../support/redis-server.js";
import { conforms } from "./conforms.js";

describe("the lock manager over an ioredis client of a Redis Cluster", () => {
  conforms(async () => {
    const server = await startRedisCluster();
    const cluster = new Cluster([server.url]);
    return {
      manager: (options) => createLockManager({ ...options, nodes: [cluster] }),
      async close() {
        cluster.disconnect();
        await server.stop();
      },
    };
  });
});
