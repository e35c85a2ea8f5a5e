import { once } from "node:events";
import { Redis } from "ioredis";

/** Clients that keep nothing for a server that is away: no offline queue, no second try. */
const FAIL_FAST = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
};

/** Connected clients, as ioredis ships them or such as fail fast. */
export async function connect(ports: readonly number[], failFast = false): Promise<Redis[]> {
  const clients = ports.map((port) => new Redis(port, failFast ? FAIL_FAST : {}).on("error", () => {}));
  await Promise.all(clients.map((client) => once(client, "ready")));
  return clients;
}
