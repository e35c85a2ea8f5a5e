import type { AddressInfo } from "node:net";
import { createLockManager } from "@redlock-kit/core";
import { createLocked } from "@redlock-kit/express";
import express from "express";

/** An Express application with one route three times: without a lock, locked by hand, and behind `locked()`. */
export async function lockedRoute(redisUrl: string) {
  const locks = createLockManager({ nodes: [redisUrl] });
  const locked = createLocked(locks);
  const app = express();
  app.post("/bare/:seat", (req, res) => void res.json({ seat: req.params.seat }));
  app.post("/by-hand/:seat", async (req, res) => {
    const lease = await locks.acquire(`seat:${req.params.seat}`);
    try {
      res.json({ seat: req.params.seat });
    } finally {
      await lease.release();
    }
  });
  app.post(
    "/locked/:seat",
    locked("seat:{params.seat}"),
    (req, res) => void res.json({ seat: req.params.seat }),
  );
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: async () => `http://127.0.0.1:${port}`,
    /** Microseconds of CPU that this process has spent. */
    async cpuUs(): Promise<number> {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  };
}
