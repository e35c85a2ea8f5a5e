import { createLockManager } from "@redlock-kit/core";
import { describe } from "vitest";
import { startRedis } from "../support/redis-server.js";
import { conforms } from "./conforms.js";

describe.each([1, 3, 5])("the lock manager over the URLs of %i Redis servers", (count) => {
  conforms(async () => {
    const servers = await Promise.all(Array.from({ length: count }, () => startRedis()));
    const nodes = servers.map(({ url }) => url);
    return {
      manager: (options) => createLockManager({ ...options, nodes }),
      close: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    };
  });
});
