import { once } from "node:events";
import { type AddressInfo, createServer, isIPv6, type Server } from "node:net";
import { StartUpError } from "./start-up-error.js";

const USUAL_PORT = 3000;
const CANDIDATES = 1000;

export interface Place {
  readonly port: number | undefined;
  /** Default: all addresses of this machine. */
  readonly host?: string | undefined;
}

/**
 * Listens on the given port and no other; without one, on 3000 or the next that is free.
 *
 * @returns where
 * @throws StartUpError if there is no such port to be had
 */
export async function listen(server: Server, { port, host }: Place): Promise<string> {
  try {
    return await (port === undefined ? listenOnFirstFree(server, host) : listenOn(server, port, host));
  } catch (error) {
    if (error instanceof StartUpError) throw error;
    if (isInUse(error)) {
      throw new StartUpError(`PORT ${port} is already in use. Choose another one, or none.`);
    }
    const setting = isOfHost(error) ? `HOST ${host}` : `PORT ${port}`;
    throw new StartUpError(
      `${setting} can't be used: ${(error as Error).message}. Choose another one, or none.`,
    );
  }
}

/**
 * Finds the port that `listen` would take, for processes that are still to be started.
 *
 * @throws StartUpError if there is no such port to be had
 */
export async function requireFreePort(place: Place): Promise<number> {
  const probe = createServer();
  await listen(probe, place);
  const { port: found } = probe.address() as AddressInfo;
  await once(probe.close(), "close");
  return found;
}

async function listenOnFirstFree(server: Server, host: string | undefined): Promise<string> {
  for (let port = USUAL_PORT; port < USUAL_PORT + CANDIDATES; port += 1) {
    try {
      return await listenOn(server, port, host);
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  throw new StartUpError(`No port from ${USUAL_PORT} to ${USUAL_PORT + CANDIDATES - 1} is free.`);
}

async function listenOn(server: Server, port: number, host: string | undefined): Promise<string> {
  server.listen({ port, host });
  await once(server, "listening");
  return urlOf(server.address() as AddressInfo, host);
}

/** As people type it. */
export function urlOf({ port }: Pick<AddressInfo, "port">, host: string | undefined): string {
  const isLocal = host === undefined || ["0.0.0.0", "::", "127.0.0.1"].includes(host);
  return `http://${isLocal ? "localhost" : isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function isOfHost(error: unknown): boolean {
  return ["ENOTFOUND", "EAI_AGAIN", "EADDRNOTAVAIL"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function isInUse(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
}
