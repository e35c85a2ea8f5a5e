import { once } from "node:events";
import { createServer } from "node:http";
import { createLockManager } from "@redlock-kit/core";
import type { OpenDoor } from "../door.js";
import { lockOptions } from "../lock-options.js";
import { openBoxOffice } from "../open-box-office.js";
import { expressApp } from "./express-app.js";

export const openExpressDoor: OpenDoor = async (settings) => {
  const locks = createLockManager(lockOptions(settings));
  const server = createServer(expressApp(openBoxOffice(settings), locks));
  return {
    server,
    async close() {
      // Side by side: the server drains only when those that wait for a lock are refused, and the locks of the
      // handlers that run are kept until they have answered.
      await Promise.all([locks.close({ graceMs: Infinity }), once(server.close(), "close")]);
    },
  };
};
