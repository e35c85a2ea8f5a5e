import type { Stand, WorkerSample } from "./answers.js";
import type { LeftKeys, RunEnd, RunRecord, Sample, ServerSample } from "./run-record.js";

/** A run in which nothing is wrong, to be spoilt by a test in one place. */
export function healthyRun(
  spoilt: {
    readonly worker?: (at: number) => Partial<WorkerSample>;
    readonly server?: Partial<ServerSample>;
    readonly stand?: Partial<Stand>;
    readonly left?: Partial<LeftKeys>;
    readonly end?: Partial<RunEnd>;
    readonly samples?: number;
  } = {},
): RunRecord {
  const troubles = { violations: [], strays: [] };
  const resources = { PipeWrap: 1, TCPSocketWrap: 4 };
  const idle: Stand = {
    resources,
    objects: { managers: 1, leases: 1, clients: 7, sockets: 11, timers: 13, signals: 0 },
    held: 0,
    waiting: 0,
    overrun: 0,
    silent: [],
    names: 0,
    troubles,
  };
  const fresh: ServerSample = { keys: 2, withoutTtl: 0, usedMemory: 1.5e6, connections: 7 };
  const used: ServerSample = { ...fresh, keys: 5_000, usedMemory: 2.5e6, ...spoilt.server };
  const sampleAt = (at: number): Sample => {
    const noise = [0, 0.3e6, -0.2e6][at % 3] ?? 0;
    const worker: WorkerSample = {
      heapUsed: 14e6 + noise,
      buffers: 3e6,
      rss: 100e6,
      resources,
      held: 9,
      waiting: 5,
      locks: 100 + at * 700,
      names: 100 + at * 100,
      refusals: {},
      troubles,
    };
    const spoiltWorker = { ...worker, ...spoilt.worker?.(at) };
    return { atMs: at * 5_000, workers: [worker, spoiltWorker], servers: [used, used, used] };
  };
  const samples = Array.from({ length: spoilt.samples ?? 60 }, (_, i) => sampleAt(i + 1));
  const names = samples.at(-1)?.workers[0]?.names ?? 0;
  const left: LeftKeys = {
    locks: [],
    queues: 2,
    counters: 5_000,
    others: [],
    withoutTtl: 0,
    ...spoilt.left,
  };
  const gone: ServerSample = { ...used, connections: 1 };
  return {
    samples,
    faults: [{ name: "node 1 hung", fromMs: 7_000, toMs: 9_000 }],
    end: {
      before: [idle, idle],
      after: [
        { ...idle, names },
        { ...idle, names, ...spoilt.stand },
      ],
      left: [left, left, left],
      serversBefore: [fresh, fresh, fresh],
      serversAfter: [gone, gone, gone],
      counted: 40_000,
      miscounted: [],
      exits: ["0", "0"],
      ...spoilt.end,
    },
  };
}
