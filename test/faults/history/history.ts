/*
 * What workers, the store and the stage wrote down of one scene. All times are milliseconds of one clock: CLOCK_MONOTONIC,
 * which `process.hrtime` reads on Linux, and which all processes of a machine share. So do its counterparts on
 * macOS (mach_absolute_time) and Windows (the performance counter).
 */

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One write to the fenced store, as its writer saw it. */
interface Write {
  readonly key: string;
  readonly sentAt: number;
  readonly accepted: boolean;
}

/** How an acquire ended without a lease: `code` is null where `tryAcquire` said that somebody else holds the lock. */
export interface Refusal {
  readonly code: string | null;
  readonly name: string;
  readonly message: string;
}

/** One acquire, and all that came of it. */
export interface Acquisition {
  readonly id: string;
  readonly worker: string;
  readonly keys: readonly string[];
  readonly waitMs: number;
  /** Read before the call. */
  readonly askedAt: number;
  /** Read after it had settled; undefined: it never did, or its worker was killed before. */
  settledAt?: number;
  /** The lease, if there was one. */
  lease?: { readonly token: string; readonly fencingToken: number };
  refusal?: Refusal;
  /** The last time that was read just before `lease.valid` was true. */
  validAt?: number;
  /** The first look at which `valid` was false, and whether the signal had aborted by then. */
  over?: { readonly at: number; readonly aborted: boolean };
  releasingAt?: number;
  /** What `release` answered. */
  release?:
    | { readonly at: number; readonly released: boolean }
    | { readonly at: number; readonly error: string };
  readonly writes: Write[];
}

/** One write that the store accepted, in the order in which it did. */
export interface Accepted {
  readonly key: string;
  readonly fencingToken: number;
  /** The acquisition that it was written under. */
  readonly id: string;
}

export interface WorkerRecord {
  readonly name: string;
  /** When it was not running, as it noticed itself: frozen, or the machine was busy. */
  readonly stalls: readonly Span[];
  /** By a fault; its acquisitions need not settle. */
  readonly killed: boolean;
  /** What it wrote to its standard error. */
  readonly stderr: string;
  /** When it was granted a lock first after the fault was mended. */
  readonly recoveredAt: number | undefined;
  /** The nodes that did not vote again in the end, and why. */
  readonly notVoting: readonly string[];
}

/** A Redis key that was left on a node after every manager was closed. */
export interface Leftover {
  readonly node: string;
  readonly key: string;
  /** PTTL: -1 is a key without a TTL. */
  readonly ttlMs: number;
  /** The ownership token, of a lock. */
  readonly value: string | null;
}

export interface History {
  readonly nodes: number;
  readonly ttlMs: number;
  readonly acquisitions: readonly Acquisition[];
  readonly accepted: readonly Accepted[];
  readonly workers: readonly WorkerRecord[];
  /** From before the fault began until it was mended. */
  readonly struck: Span;
  /** Within that: while it was in force everywhere. */
  readonly inForce: Span;
  /** What was there at once after the managers were closed, and what when all leases had to be over. */
  readonly leftAtOnce: readonly Leftover[];
  readonly leftInTheEnd: readonly Leftover[];
}
