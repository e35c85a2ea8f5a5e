import type { Faults } from "../../support/tcp-proxy.js";

/** The connection of one worker to one node, by their numbers. */
export interface Link {
  readonly worker: number;
  readonly node: number;
}

/** The orders that the process with the proxies obeys: one proxy for each worker and node. */
export interface LinkOrders {
  /** Settles with the ports, by worker and node. */
  open(nodePorts: readonly number[], workers: number): Promise<number[][]>;
  apply(links: readonly Link[], faults: Partial<Faults>): void;
  cut(links: readonly Link[]): void;
  abandon(links: readonly Link[]): void;
  refuse(links: readonly Link[]): void;
  accept(links: readonly Link[]): Promise<void>;
  leave(): void;
}
