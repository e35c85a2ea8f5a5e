import type { Faults } from "../../support/tcp-proxy.js";
import type { Promises } from "../history/check.js";
import type { StageNode } from "./stage-node.js";
import type { StageWorker } from "./stage-worker.js";

/**
 * Whom a fault strikes: as many nodes as may fail, as many as make a quorum, the way of one worker to all nodes, one
 * worker itself, or all of them.
 */
export type Aim = "a minority" | "a quorum" | "one worker's network" | "one worker" | "all workers";

/** The network between the workers and the nodes that are struck. */
export interface Network {
  apply(faults: Partial<Faults>): Promise<void>;
  /** Breaks every connection. */
  cut(): Promise<void>;
  /** Ends the nodes' side of every connection, and tells nobody. */
  abandon(): Promise<void>;
  /** Breaks every connection, and takes no new one. */
  refuse(): Promise<void>;
  /** The end of `refuse`. */
  accept(): Promise<void>;
}

/** What a fault has in its hands. */
export interface Target {
  /** The nodes that are struck. */
  readonly nodes: readonly StageNode[];
  /** The way to them: of all workers, or of the one whose network it is. */
  readonly network: Network;
  /** The worker that is struck, where it is one. */
  readonly worker: StageWorker;
  readonly workers: readonly StageWorker[];
  readonly ttlMs: number;
  readonly random: () => number;
  /** Puts a new process in the place of a worker that was killed. */
  readonly replace: (worker: StageWorker) => Promise<void>;
  /** The way of one worker to some of the nodes. */
  readonly networkOf: (worker: StageWorker, nodes: readonly StageNode[]) => Network;
  /** The other nodes. */
  readonly others: readonly StageNode[];
}

/** Ends a fault. */
export type Mend = () => Promise<void>;

/** What is expected while a fault strikes somebody, and why. */
export interface Expectation extends Promises {
  /** Which assumption of docs/guarantees.md it respects, or breaks. */
  readonly assumption: string;
}

/** Something that goes wrong. */
export interface Fault {
  /** As a sentence that goes on behind the name of what is struck. */
  readonly name: string;
  /** What is expected, for each aim that makes sense. */
  readonly aims: Partial<Record<Aim, Expectation>>;
  /** What the stage must have for it. */
  readonly needs?: "durable nodes" | "workers' clocks" | "nodes' clocks";
  /** Nodes forget, so that no others may forget at the same time, and the order of fencing tokens is a matter of clocks. */
  readonly forgets?: boolean;
  /** It begins with a lock that is held, so that there must be a quorum. */
  readonly needsHolder?: boolean;
  /** Played with every aim on one, three and five nodes also in a short run. */
  readonly always?: boolean;
  /** Settles when it is in force. */
  strike(target: Target): Promise<Mend>;
}
