import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forkWorker } from "../../support/fork-worker.js";
import { type Give, ordersTo } from "../../support/orders.js";
import type { LinkOrders } from "./links.js";
import { type NodeSettings, StageNode } from "./stage-node.js";
import { StageWorker } from "./stage-worker.js";
import { Store } from "./store.js";

export const WORKERS = 4;

/** What is needed to play scenes: nodes, workers, a proxy between each of both, and the store. */
export class Stage {
  readonly nodes: readonly StageNode[];
  /** In their places; one that was killed is replaced. */
  readonly workers: StageWorker[];
  readonly store: Store;
  /** Orders to the process with the proxies. */
  readonly links: Give<LinkOrders>;
  /** For the files of a scene. */
  readonly folder: string;
  readonly #ports: readonly (readonly number[])[];
  readonly #ownClock: boolean;
  /** How many scenes were played. */
  scenes = 0;

  private constructor(
    parts: Pick<Stage, "nodes" | "workers" | "store" | "links" | "folder">,
    ports: readonly (readonly number[])[],
    ownClock: boolean,
  ) {
    this.nodes = parts.nodes;
    this.workers = parts.workers;
    this.store = parts.store;
    this.links = parts.links;
    this.folder = parts.folder;
    this.#ports = ports;
    this.#ownClock = ownClock;
  }

  static async start(count: number, settings: NodeSettings): Promise<Stage> {
    const indices = Array.from({ length: count }, (_, index) => index);
    const [folder, store, nodes, workers] = await Promise.all([
      mkdtemp(join(tmpdir(), "redlock-kit-faults-")),
      Store.start(),
      Promise.all(indices.map((index) => StageNode.start(index, settings))),
      Promise.all(Array.from({ length: WORKERS }, (_, i) => StageWorker.start(i, settings.ownClock))),
    ]);
    const links = ordersTo<LinkOrders>(forkWorker(new URL("./links.worker.ts", import.meta.url)));
    const ports = await links(
      "open",
      nodes.map(({ server }) => server.port),
      WORKERS,
    );
    return new Stage({ nodes, workers, store, links, folder }, ports, settings.ownClock);
  }

  /** Where the worker in a place reaches the nodes. */
  urlsFor(worker: number): string[] {
    return (this.#ports[worker] ?? []).map((port) => `redis://worker:right@127.0.0.1:${port}`);
  }

  /** A new process in the place of a worker. */
  async replace(worker: StageWorker): Promise<StageWorker> {
    const replacement = await StageWorker.start(worker.index, this.#ownClock);
    this.workers[worker.index] = replacement;
    return replacement;
  }

  /** Has every worker end by itself, and ends everything; what is worth saying of how the workers ended. */
  async close(): Promise<string[]> {
    const ends = await Promise.all(this.workers.map((worker) => worker.leave()));
    await this.stop();
    return ends.flatMap((end, i) => (end === 0 ? [] : [`worker ${i + 1} ended with ${end}`]));
  }

  /** Ends everything at once, in whatever state it is. */
  async stop(): Promise<void> {
    await Promise.all([
      ...this.workers.map((worker) => worker.kill()),
      this.links("leave").catch(() => {}), // it answers by leaving
      ...this.nodes.map((node) => node.stop()),
      this.store.stop(),
    ]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
