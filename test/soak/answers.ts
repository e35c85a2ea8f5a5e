/** What a worker of a soak is told at its start. */
export interface WorkerSetting {
  /** Its way to each node. */
  readonly nodes: readonly string[];
  /** The server that sees what holders do; nothing ever happens to that one. */
  readonly witness: string;
  readonly seed: string;
}

/** What a worker can be asked, and what it answers. */
export interface Answers {
  /** The load begins. */
  readonly begin: null;
  readonly sample: WorkerSample;
  /** The load ends. How often each counted key was counted under its lock. */
  readonly rest: Readonly<Record<string, number>>;
  readonly stand: Stand;
  /** Everything is closed; the process is to end by itself. */
  readonly leave: null;
}

/** A worker under load. */
export interface WorkerSample {
  /** Bytes after a collection: on the heap, in buffers beside it, and what the system has given to the process. */
  readonly heapUsed: number;
  readonly buffers: number;
  readonly rss: number;
  readonly resources: Readonly<Record<string, number>>;
  readonly held: number;
  readonly waiting: number;
  /** Since the start: leases had, and names of locks that nobody had used before. */
  readonly locks: number;
  readonly names: number;
  /** How often each kind of error came that such a load must expect. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly troubles: Troubles;
}

/** What must never happen in a worker. */
export interface Troubles {
  /** Two had a lock at once, or fencing tokens did not grow. */
  readonly violations: readonly string[];
  /** Warnings, unhandled rejections, and errors that no call may give. */
  readonly strays: readonly string[];
}

/** A worker with nothing to do. */
export interface Stand {
  /** What keeps its process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** How many objects of a kind its heap holds, those that keep nothing alive included. */
  readonly objects: Readonly<Record<string, number>>;
  readonly held: number;
  readonly waiting: number;
  readonly overrun: number;
  /** Nodes that don't vote, and why. */
  readonly silent: readonly string[];
  /** As in a sample. */
  readonly names: number;
  readonly troubles: Troubles;
}

/** The longest lease that a worker ever asks for. */
export const LONGEST_TTL_MS = 3_000;
