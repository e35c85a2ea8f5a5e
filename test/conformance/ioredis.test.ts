import { createLockManager, type NodeSource } from "@redlock-kit/core";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { describe } from "vitest";
import { startRedis } from "../support/redis-server.js";
import { type ClosableBackend, conforms } from "./conforms.js";

/** One client per server, which all managers share, as in an application. */
async function clientsOf(
  count: number,
  connect: (url: string) => NodeSource & { disconnect(): void },
): Promise<ClosableBackend> {
  const servers = await Promise.all(Array.from({ length: count }, () => startRedis()));
  const nodes = servers.map(({ url }) => connect(url));
  return {
    manager: (options) => createLockManager({ ...options, nodes }),
    async close() {
      for (const client of nodes) client.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

describe.each([1, 3, 5])("the lock manager over ioredis clients of %i Redis servers", (count) => {
  conforms(() => clientsOf(count, (url) => new Redis(url)));
});

describe("the lock manager over ioredis 5 clients of three Redis servers", () => {
  conforms(() => clientsOf(3, (url) => new Redis5(url)));
});
