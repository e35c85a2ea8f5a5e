import type { Acquisition, History, WorkerRecord } from "./history.js";
import { overlapOf } from "./spans.js";

/** A busy machine lets everybody wait for a while. */
const BUSY_MS = 1_500;

/**
 * By how much an acquire may outlast its `waitMs`: "an attempt that has begun is finished, each of its rounds within the
 * nodes' deadline". An attempt is five votes at most, two of all nodes at once and three of one node after the other,
 * each with a round of confirmation, and a node's deadline is a fifth of the ttl (packages/core/src/quorum/acquire.ts).
 */
export function slackMs(nodes: number, ttlMs: number): number {
  const rounds = 2 * 2 + 3 * (nodes + 1);
  return rounds * (ttlMs / 5) + BUSY_MS;
}

/** Every acquire settles soon after its time to wait is over. */
export function callsSettle({ acquisitions, workers, nodes, ttlMs }: History): string[] {
  const byName = new Map(workers.map((worker) => [worker.name, worker]));
  return acquisitions.flatMap(({ id, worker: name, askedAt, settledAt, waitMs }) => {
    const worker = byName.get(name);
    if (settledAt === undefined) return worker?.killed ? [] : [`the acquire ${id} never settled`];
    const tookMs = settledAt - askedAt - overlapOf({ from: askedAt, to: settledAt }, worker?.stalls ?? []);
    if (tookMs <= waitMs + slackMs(nodes, ttlMs)) return [];
    return [`the acquire ${id} took ${Math.round(tookMs)} ms, and was to wait for ${waitMs}`];
  });
}

/** Nothing is thrown but a `LockError` with a code that fits the call, and `release` throws nothing. */
export function errorsFit(acquisitions: readonly Acquisition[]): string[] {
  return acquisitions.flatMap(({ id, waitMs, refusal, release }) => {
    const found: string[] = [];
    if (refusal !== undefined && !fits(refusal, waitMs)) {
      const { name, code, message } = refusal;
      found.push(`the acquire ${id} failed with ${name} ${code}: ${message}`);
    }
    if (release !== undefined && "error" in release)
      found.push(`the release of ${id} threw: ${release.error}`);
    return found;
  });
}

function fits({ code, name }: NonNullable<Acquisition["refusal"]>, waitMs: number): boolean {
  if (code === null) return waitMs === 0;
  return (
    name === "LockError" && (code === "ERR_LOCK_UNAVAILABLE" || (code === "ERR_LOCK_HELD" && waitMs > 0))
  );
}

const KNOWN = [
  /^\(node:\d+\) RedlockKitWarning: /,
  /^\(Use `node --trace-warnings \.\.\.` to show where the warning was created\)$/,
  /^$/,
];

/** Workers write nothing to their standard error but the kit's own warnings. */
export function workersAreQuiet(workers: readonly WorkerRecord[]): string[] {
  return workers.flatMap(({ name, stderr }) => {
    const unknown = stderr.split("\n").filter((line) => !KNOWN.some((known) => known.test(line)));
    return unknown.length === 0 ? [] : [`${name} wrote to its standard error: ${unknown.join("\n")}`];
  });
}
