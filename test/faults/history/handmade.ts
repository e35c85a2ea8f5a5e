import type { Acquisition, History, WorkerRecord } from "./history.js";

let made = 0;

/** An acquisition that was asked for 1 ms before it was granted, and was released when it was last seen valid. */
export function lease(
  from: number,
  to: number,
  fencingToken: number,
  more: Partial<Acquisition> = {},
): Acquisition {
  return {
    id: `w #${++made}`,
    worker: "w",
    keys: ["k"],
    waitMs: 100,
    askedAt: from - 1,
    settledAt: from,
    lease: { token: `token ${fencingToken}`, fencingToken },
    validAt: to,
    releasingAt: to,
    release: { at: to + 1, released: true },
    writes: [],
    ...more,
  };
}

/** One that was refused. */
export function refused(
  from: number,
  to: number,
  code: string | null,
  more: Partial<Acquisition> = {},
): Acquisition {
  const refusal = { code, name: "LockError", message: "…" };
  return {
    id: `w #${++made}`,
    worker: "w",
    keys: ["k"],
    waitMs: 100,
    askedAt: from,
    settledAt: to,
    refusal,
    writes: [],
    ...more,
  };
}

export function worker(more: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    name: "w",
    stalls: [],
    killed: false,
    stderr: "",
    recoveredAt: 2_010,
    notVoting: [],
    ...more,
  };
}

/** A fault from 1,000 to 2,000 on three nodes, with a ttl of 500, in which nothing happened but what is given. */
export function history(more: Partial<History> = {}): History {
  return {
    nodes: 3,
    ttlMs: 500,
    acquisitions: [],
    accepted: [],
    workers: [worker()],
    struck: { from: 1_000, to: 2_000 },
    inForce: { from: 1_000, to: 2_000 },
    leftAtOnce: [],
    leftInTheEnd: [],
    ...more,
  };
}
