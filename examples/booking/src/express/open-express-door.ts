import { once } from "node:events";
import { createServer } from "node:http";
import { createLockManager } from "@redlock-kit/core";
import type { OpenDoor } from "../door.js";
import { EXPIRY_EVERY_MS, expireHolds, Sweeps } from "../expire-holds.js";
import { lockOptions } from "../lock-options.js";
import { expressApp } from "./express-app.js";

export const openExpressDoor: OpenDoor = async (settings, services) => {
  const locks = createLockManager(lockOptions(settings));
  const server = createServer(expressApp(services, locks));
  // In one of all processes at a time.
  const expire = () => expireHolds(services.boxOffice, locks);
  const sweeps = new Sweeps();
  const sweep = () => sweeps.run(() => locks.withLock("expired-holds", expire, { waitMs: 0 }));
  const expiry = setInterval(() => void sweep(), EXPIRY_EVERY_MS);
  return {
    server,
    async close() {
      clearInterval(expiry);
      // Streams of events would keep the server from draining.
      services.feed.close();
      // Side by side: the server drains only when those that wait for a lock are refused, and the locks of the
      // handlers that run are kept until they have answered.
      await Promise.all([locks.close({ graceMs: Infinity }), once(server.close(), "close")]);
    },
  };
};
