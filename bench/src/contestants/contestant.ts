import type { Redis } from "ioredis";

/** Gives the lock back; rejects when it was no longer held. */
export type Release = () => Promise<void>;

/** A library at work: all that the benchmark knows of it. */
export interface Contestant {
  acquire(key: string): Promise<Release>;
  close(): Promise<void>;
}

export interface ContestantKind {
  /** As tables show it. */
  readonly name: string;
  /** What was set, in a few words; everything else is as the library ships. */
  readonly settings: string;
  /** Over connected clients of the benchmark's, one a node, which stay the benchmark's to close. */
  open(clients: readonly Redis[], ttlMs: number): Contestant | Promise<Contestant>;
}

/** Nobody gives up before the benchmark does: failing at once would look fast. */
export const PATIENCE_MS = 120_000;
