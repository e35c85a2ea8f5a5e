import { afterAll, beforeAll, describe } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { read, save } from "./examples/in-memory.js";
import { advancesBeforeItReads, holdsOffFrozenHolders } from "./frozen-holders.js";

describe("a store in memory, behind the in-memory guard", () => {
  holdsOffFrozenHolders(() => ({ save, read }));
});

describe("a store in Redis, written by the Redis guard", () => {
  let server: RedisServer;
  let inRedis: typeof import("./examples/in-redis.js");
  beforeAll(async () => {
    server = await startRedis();
    process.env.REDIS_URL = server.url;
    inRedis = await import("./examples/in-redis.js");
  });
  afterAll(async () => {
    inRedis?.redis.disconnect();
    await server?.stop();
  });
  holdsOffFrozenHolders(() => inRedis);
  advancesBeforeItReads(() => inRedis);
});
