import { createServer, type ServerOptions } from "node:http";
import { type Clock, createLockManager, type LockManager, memoryNode, systemClock } from "@redlock-kit/core";
import type { ManualClock } from "@redlock-kit/core/testing";
import { createLocked } from "@redlock-kit/express";
import express5, { type Express } from "express";
import express4 from "express4";
import { onTestFinished } from "vitest";
import { Client } from "../conformance/http/client.js";

/** For `describe.each`: every major version that the package supports. */
export const versions = [
  { version: "Express 5", express: express5 },
  { version: "Express 4", express: express4 },
];

/** An application without routes, and a manager for it; both end with the test. */
export function newApp(express: typeof express5 = express5, clock: Clock | ManualClock = systemClock) {
  const locks = createLockManager({ nodes: [memoryNode({ clock })], clock });
  onTestFinished(async () => {
    const closing = locks.close({ graceMs: 0 });
    if ("advance" in clock) await clock.advance(0);
    await closing;
  });
  const app: Express = express();
  // Else Express writes the errors that tests provoke to the console.
  app.set("env", "test");
  return { app, locks, locked: createLocked(locks) };
}

/** Serves the application until the test ends. */
export async function serve(app: Express, options: ServerOptions = {}): Promise<Client> {
  const server = createServer(options, app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return new Client(server);
}

/** Whether nobody holds the lock. */
export async function isFree(locks: LockManager, key: string): Promise<boolean> {
  return (await locks.inspect(key)) === null;
}
