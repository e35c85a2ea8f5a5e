import type { Server } from "node:http";

/** Serves on a free port. */
export async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Takes no more connections, and waits for those that are there. */
export async function closing(server: Server): Promise<void> {
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}
