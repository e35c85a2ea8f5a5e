import { Redis } from "ioredis";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.js";
import { WorkerProcess } from "./worker-process.js";

/** A node with our own connection to it, on which nothing is in between. */
export interface Node {
  readonly server: RedisServer;
  readonly control: Redis;
}

/** A worker and its way to each node. */
export interface StageWorker {
  readonly process: WorkerProcess;
  readonly links: readonly TcpProxy[];
}

/** Everything that takes part in a soak. */
export interface Stage extends AsyncDisposable {
  readonly nodes: readonly Node[];
  readonly workers: readonly StageWorker[];
  readonly witness: Redis;
}

export async function openStage(counts: {
  readonly nodes: number;
  readonly workers: number;
  readonly seed: string;
}): Promise<Stage> {
  const endings: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  const openNode = async (): Promise<Node> => {
    const server = await startRedis();
    endings.push(() => server.stop());
    const control = new Redis(server.port, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    control.on("error", () => {}); // a node that is down is what it is about
    endings.push(() => control.disconnect());
    return { server, control };
  };
  const openWorker = async (nodes: readonly Node[], witness: string, seed: string): Promise<StageWorker> => {
    const links: TcpProxy[] = [];
    for (const { server } of nodes) {
      const link = await startTcpProxy(server.port);
      endings.push(() => link.stop());
      links.push(link);
    }
    const setting = { nodes: links.map(({ url }) => url), witness, seed };
    const process = await WorkerProcess.start(setting, (kill) => endings.push(kill));
    return { process, links };
  };
  try {
    const [watcher, ...nodes] = await Promise.all(Array.from({ length: counts.nodes + 1 }, openNode));
    if (watcher === undefined) throw new Error("there is no witness");
    const workers = await Promise.all(
      Array.from({ length: counts.workers }, (_, i) =>
        openWorker(nodes, watcher.server.url, `${counts.seed}-${i + 1}`),
      ),
    );
    return { nodes, workers, witness: watcher.control, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
