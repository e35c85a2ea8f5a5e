import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { StartUpError } from "./start-up-error.js";

const USUAL_PORT = 3000;
const CANDIDATES = 1000;

/**
 * Listens on the given port and no other; without one, on 3000 or the next that is free.
 *
 * @returns where
 * @throws StartUpError if there is no such port to be had
 */
export async function listen(server: Server, port: number | undefined): Promise<string> {
  if (port === undefined) return listenOnFirstFree(server);
  try {
    return await listenOn(server, port);
  } catch (error) {
    const problem = isInUse(error) ? "is already in use" : `can't be used: ${(error as Error).message}`;
    throw new StartUpError(`PORT ${port} ${problem}. Choose another one, or none.`);
  }
}

/**
 * Finds the port that `listen` would take, for processes that are still to be started.
 *
 * @throws StartUpError if there is no such port to be had
 */
export async function requireFreePort(port: number | undefined): Promise<number> {
  const probe = createServer();
  await listen(probe, port);
  const { port: found } = probe.address() as AddressInfo;
  await once(probe.close(), "close");
  return found;
}

async function listenOnFirstFree(server: Server): Promise<string> {
  for (let port = USUAL_PORT; port < USUAL_PORT + CANDIDATES; port += 1) {
    try {
      return await listenOn(server, port);
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  throw new StartUpError(`No port from ${USUAL_PORT} to ${USUAL_PORT + CANDIDATES - 1} is free.`);
}

async function listenOn(server: Server, port: number): Promise<string> {
  server.listen(port);
  await once(server, "listening");
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

function isInUse(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
}
