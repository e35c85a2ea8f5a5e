import { ioredisClient } from "../../packages/core/src/redis/clients/ioredis.js";
import type { RedisClient } from "../../packages/core/src/redis/redis-client.js";
import { RedisNode } from "../../packages/core/src/redis/redis-node.js";

/** A node that is ready to be asked, and what it sends from then on. */
export interface RecordedNode {
  readonly node: RedisNode;
  /** Command and arguments of everything sent, and the end of the connection. */
  readonly sent: readonly (readonly (string | number)[])[];
}

/** A node over a client of the user's. */
export async function recordedNode(client: Parameters<typeof ioredisClient>[0]): Promise<RecordedNode> {
  const port = ioredisClient(client);
  const sent: (string | number)[][] = [];
  const recording: RedisClient = {
    name: port.name,
    clustered: port.clustered,
    state: "ready",
    trouble: undefined,
    watch: (listener) => port.watch(listener),
    ready: () => port.ready(),
    send(command, args) {
      sent.push([command, ...args]);
      return port.send(command, args);
    },
    servers: () => port.servers(),
    subscribe: (channel, hear) => port.subscribe(channel, hear),
    reconnect: () => {},
    async close() {
      sent.push(["close"]);
    },
  };
  const node = new RedisNode(recording, { minReplicas: 0, deadlineMs: 1 });
  await node.identify();
  sent.length = 0;
  return { node, sent };
}
