import type { Stand, WorkerSample } from "./answers.js";

/** What a soak has seen, from which it is judged. */
export interface RunRecord {
  readonly samples: readonly Sample[];
  readonly faults: readonly StruckFault[];
  /** What was seen when the load had ended; undefined if it did not come to that. */
  readonly end?: RunEnd;
  /** Why it did not. */
  readonly failure?: string;
}

/** Workers and servers at the end of a quiet spell. */
export interface Sample {
  readonly atMs: number;
  readonly workers: readonly WorkerSample[];
  readonly servers: readonly ServerSample[];
}

export interface ServerSample {
  readonly keys: number;
  readonly withoutTtl: number;
  readonly usedMemory: number;
  /** Our own one is among them. */
  readonly connections: number;
}

export interface StruckFault {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Each worker before the load and after it, and what is left on each node. */
export interface Rest {
  readonly before: readonly Stand[];
  readonly after: readonly Stand[];
  readonly left: readonly LeftKeys[];
}

export interface RunEnd extends Rest {
  readonly serversBefore: readonly ServerSample[];
  /** When all workers had gone. */
  readonly serversAfter: readonly ServerSample[];
  /** How often something was counted under locks, and the keys for which the witness has another count. */
  readonly counted: number;
  readonly miscounted: readonly string[];
  /** How each worker ended after it was told to: its exit code, if all is well. */
  readonly exits: readonly string[];
}

/** What is left on a node when nobody has a lock any more, by what it is for. */
export interface LeftKeys {
  readonly locks: readonly string[];
  readonly queues: number;
  readonly counters: number;
  readonly others: readonly string[];
  readonly withoutTtl: number;
}
