import type { Acquisition, History, Span } from "./history.js";
import { leasesByKey } from "./lease-rules.js";
import { overlapOf, whenAtLeast } from "./spans.js";

/** How much later than a ttl a lock may be granted that is free. */
const LATE_MS = 1_000;
/** A fault that nobody has been granted anything in for so much of its time, though locks were free, has stopped everything. */
const NEARLY_ALL = 0.8;

/** When the machine, rather than a fault, kept processes from running: several of them stood still at the same time. */
function busy({ workers }: History): Span[] {
  return whenAtLeast(
    2,
    workers.map(({ stalls }) => stalls),
  );
}

/** For how long each lock was nobody's until it was granted, within a span and key by key; somebody always wants it. */
function freeSpans({ acquisitions }: History, { from, to }: Span): Map<string, Span[]> {
  const free = new Map<string, Span[]>();
  for (const [key, leases] of leasesByKey(acquisitions)) {
    const spans: Span[] = [];
    let since = -Infinity;
    for (const lease of leases) {
      spans.push({ from: Math.max(from, since), to: Math.min(to, lease.settledAt) });
      since = Math.max(since, endOf(lease));
    }
    spans.push({ from: Math.max(from, since), to });
    free.set(
      key,
      spans.filter((span) => span.to > span.from),
    );
  }
  return free;
}

/** When a lease ended, as far as its holder could say. */
function endOf({ settledAt = Infinity, validAt = settledAt, releasingAt, over }: Acquisition): number {
  return Math.min(over?.at ?? Infinity, releasingAt ?? validAt);
}

/** The longest time for which a lock was nobody's, from the moment of the fault until it was mended and somebody had it. */
export function longestGapMs(history: History): number {
  const whole = [...freeSpans(history, { from: -Infinity, to: Infinity }).values()].flat();
  const { struck } = history;
  const gaps = whole
    .filter(({ from, to }) => to > struck.from && from < struck.to && to < Infinity)
    .map(({ from, to }) => to - Math.max(from, struck.from));
  return Math.max(0, ...gaps);
}

/** Locks are granted all the time, since a quorum of nodes is well. */
export function grantedThroughout(history: History): string[] {
  const { inForce, ttlMs } = history;
  const stalls = busy(history);
  const ranMs = (span: Span): number => span.to - span.from - overlapOf(span, stalls);
  const longest = [...freeSpans(history, inForce)].map(([key, spans]) => ({
    key,
    ms: Math.max(0, ...spans.map(ranMs)),
  }));
  const stopped = longest.every(({ ms }) => ms > NEARLY_ALL * (inForce.to - inForce.from));
  return longest
    .filter(({ ms }) => stopped || ms > ttlMs + LATE_MS)
    .map(
      ({ key, ms }) =>
        `nobody was granted ${key} for ${Math.round(ms)} ms, though a quorum of nodes was well`,
    );
}

/** Nothing that is asked for while there is no quorum is granted, nor said to be held when every lease is over. */
export function nothingGranted({ acquisitions, inForce, ttlMs }: History): string[] {
  return acquisitions.flatMap(({ id, askedAt, settledAt = Infinity, lease, refusal }) => {
    if (askedAt < inForce.from || settledAt > inForce.to) return [];
    if (lease !== undefined) return [`${id} was granted a lock, and there was no quorum of nodes`];
    if (askedAt < inForce.from + ttlMs || refusal?.code === "ERR_LOCK_UNAVAILABLE") return [];
    return [
      `${id} was told ${refusal?.code ?? "null"}, though no lease was left and the nodes were out of reach`,
    ];
  });
}

/** When the fault is over, everybody is granted locks again, and every node votes. */
export function allRecover(history: History, lingersMs = 0): string[] {
  const { workers, struck, ttlMs } = history;
  const stalls = busy(history);
  return workers.flatMap(({ name, killed, recoveredAt, notVoting }) => {
    if (killed) return [];
    if (recoveredAt === undefined) return [`${name} was granted no lock any more`];
    const found: string[] = [];
    const tookMs = recoveredAt - struck.to - overlapOf({ from: struck.to, to: recoveredAt }, stalls);
    if (tookMs > ttlMs + lingersMs + LATE_MS)
      found.push(`${name} was granted its first lock ${Math.round(tookMs)} ms after the fault was over`);
    return [...found, ...notVoting.map((node) => `in the end ${name} counts no vote of ${node}`)];
  });
}

/** How long it took until every worker had been granted a lock again. */
export function recoveryMs({ workers, struck }: History): number {
  return Math.max(0, ...workers.flatMap(({ recoveredAt = struck.to }) => recoveredAt - struck.to));
}
