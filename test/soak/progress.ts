import type { WorkerSample } from "./answers.js";
import type { RunRecord, Sample } from "./run-record.js";

const EVERY_MS = 9_000;
const MB = 1e6;

/** Says about every ten seconds how things stand, and at once what must not be. */
export class Progress {
  #told: { readonly atMs: number; readonly locks: number } = { atMs: 0, locks: 0 };
  #toldFaults = 0;
  readonly #toldTroubles = new Map<string, number>();

  /** What there is to say of the last sample. */
  lines({ samples, faults }: RunRecord): string[] {
    const last = samples.at(-1);
    if (last === undefined) return [];
    const troubles = last.workers.flatMap((worker, i) => this.#news(worker, i));
    const lately = faults.slice(this.#toldFaults).map(({ name }) => name);
    this.#toldFaults = faults.length;
    const lines = troubles.map((trouble) => `${clock(last.atMs)} after ${lately.join(", ")}: ${trouble}`);
    if (last.atMs - this.#told.atMs >= EVERY_MS) lines.push(this.#line(last, faults.length));
    return lines;
  }

  /** Troubles of a worker that were not told yet. */
  #news({ troubles }: WorkerSample, worker: number): string[] {
    return (["violations", "strays"] as const).flatMap((kind) => {
      const place = `${worker} ${kind}`;
      const told = this.#toldTroubles.get(place) ?? 0;
      this.#toldTroubles.set(place, troubles[kind].length);
      return troubles[kind].slice(told).map((trouble) => `worker ${worker + 1}: ${trouble}`);
    });
  }

  #line(last: Sample, faults: number): string {
    const { atMs, workers, servers } = last;
    const locks = locksIn(last);
    const rate = ((locks - this.#told.locks) / (atMs - this.#told.atMs)) * 1_000;
    this.#told = { atMs, locks };
    const heaps = workers.map(({ heapUsed }) => (heapUsed / MB).toFixed(1)).join(" ");
    const keys = Math.max(...servers.map((server) => server.keys));
    const violations = workers.reduce((sum, { troubles }) => sum + troubles.violations.length, 0);
    return [
      clock(atMs).padStart(8),
      `${rate.toFixed(0)} locks/s`,
      `${faults} faults`,
      `heap ${heaps} MB`,
      `${keys.toLocaleString("en")} keys`,
      `${violations} violations`,
    ].join("   ");
  }
}

export function locksIn(sample: Sample): number {
  return sample.workers.reduce((sum, { locks }) => sum + locks, 0);
}

/** Minutes and seconds, with hours where there are some: `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
