import type { Measurement, Scenario } from "./case.js";

/** What the kit must reach, in every scenario of a case that `where` covers. */
export interface Bar {
  readonly case: string;
  readonly where?: Scenario;
  readonly figure: string;
  readonly what: string;
  readonly limit: Limit;
}

type Limit =
  | { readonly atLeast: number }
  | { readonly atMost: number }
  /** More than every other library in the same scenario. */
  | "ahead of all";

/** What became of a bar. */
export interface Verdict {
  readonly bar: Bar;
  /** Scenarios in which it was measured, and in which it was met. */
  readonly measured: number;
  readonly met: number;
  /** Of the scenario that comes off worst. */
  readonly worst: { readonly value: number | undefined; readonly limit: number; readonly scenario: Scenario };
}

const NONE = { atMost: 0 } as const;

export const BARS: readonly Bar[] = [
  bar("uncontended", "ratio", "throughput / floor's", { atLeast: 0.95 }, { nodes: 1 }),
  bar("uncontended", "ratio", "throughput / floor's", { atLeast: 1.1 }, { nodes: 3 }),
  bar("uncontended", "ratio", "throughput / floor's", { atLeast: 1.1 }, { nodes: 5 }),
  bar("uncontended", "ratio", "ahead of every library that gives less", "ahead of all"),
  bar("in-flight", "cpuRatio", "CPU / floor's", { atMost: 0.5 }),
  bar("in-flight", "ratio", "throughput / floor's", { atLeast: 1.5 }, { nodes: 1 }),
  bar("in-flight", "ratio", "throughput / floor's", { atLeast: 2.5 }, { nodes: 3 }),
  bar("contention", "gapP50Pings", "gap p50, PINGs", { atMost: 3 }, { hold: "0 ms" }),
  bar("contention", "commandsPerNode", "commands per acquisition and node", { atMost: 2 }),
  bar("contention", "jain", "Jain's index", { atLeast: 0.99 }),
  bar("contention", "failures", "failures", NONE),
  bar("contention", "overlaps", "overlaps", NONE),
  bar("processes", "gapP50Pings", "gap p50, PINGs", { atMost: 5 }, { nodes: 1 }),
  bar("processes", "commands", "commands per acquisition", { atMost: 4 }, { nodes: 1 }),
  bar("processes", "jain", "Jain's index", { atLeast: 0.95 }, { nodes: 1 }),
  bar("processes", "gapP50Pings", "gap p50, PINGs", { atMost: 12 }, { nodes: 3 }),
  bar("processes", "commands", "commands per acquisition, all nodes", { atMost: 15 }, { nodes: 3 }),
  bar("processes", "longestGapMs", "longest gap, ms (half the lease time)", { atMost: 1_000 }),
  bar("processes", "failures", "failures", NONE),
  bar("processes", "overlaps", "overlaps", NONE),
  bar("exclusion", "intrusions", "holders not alone", NONE),
  bar("exclusion", "overlaps", "overlaps in the log", NONE),
  bar("exclusion", "failures", "failures", NONE),
  bar("crowd", "commandsPerSecond", "commands a second and node", { atMost: 2 }),
  bar("minority", "p50Ratio", "p50 / p50 when well", { atMost: 1.2 }),
  bar("minority", "heapMb", "heap grew by, MB", { atMost: 2 }),
  bar("minority", "failures", "failures", NONE),
  bar("extension", "callsPerSecond", "calls a second and node", { atMost: 60 }),
  bar("extension", "lost", "leases lost", NONE),
  bar("extension", "delayP99Ms", "event loop delay p99, ms", { atMost: 20 }),
  bar("memory", "bytes", "bytes a lock", { atMost: 400 }, { extended: "no" }),
  bar("memory", "bytes", "bytes a lock", { atMost: 700 }, { extended: "yes" }),
  bar("in-process", "perSecond", "pairs a second", { atLeast: 300_000 }),
  bar("locked-method", "overheadUs", "CPU a call beyond the lock's, µs", { atMost: 5 }),
  bar("locked-route", "ratio", "throughput / that by hand", { atLeast: 0.9 }),
];

function bar(of: string, figure: string, what: string, limit: Limit, where?: Scenario): Bar {
  return { case: of, figure, what, limit, ...(where && { where }) };
}

/** Holds the kit's measurements against the bars; a bar without a measurement gets no verdict. */
export function judge(bars: readonly Bar[], measurements: readonly Measurement[]): Verdict[] {
  return bars.flatMap((of) => {
    const results = measurements
      .filter((one) => one.contestant === "kit" && one.case === of.case && covers(of.where, one.scenario))
      .map((one) => ({ ...limitFor(of, one, measurements), value: rounded(one.figures[of.figure]), one }));
    if (results.length === 0) return [];
    const margins = results.map(({ value, limit, more }) => marginOf(value, limit, more));
    const worst = results[margins.indexOf(Math.min(...margins))];
    if (worst === undefined) return [];
    return [
      {
        bar: of,
        measured: results.length,
        met: margins.filter((margin) => margin >= 0).length,
        worst: { value: worst.value, limit: worst.limit, scenario: worst.one.scenario },
      },
    ];
  });
}

function covers(where: Scenario | undefined, scenario: Scenario): boolean {
  return Object.entries(where ?? {}).every(([name, value]) => scenario[name] === value);
}

function limitFor({ limit, figure }: Bar, one: Measurement, all: readonly Measurement[]) {
  if (limit !== "ahead of all") {
    return "atLeast" in limit ? { limit: limit.atLeast, more: true } : { limit: limit.atMost, more: false };
  }
  const others = all
    .filter((other) => other.case === one.case && other.contestant !== "kit")
    .filter(({ scenario }) => covers(one.scenario, scenario))
    .map((other) => rounded(other.figures[figure]) ?? 0);
  return { limit: Math.max(0, ...others), more: true };
}

/** How far on the good side, as a share of the limit; nothing measured is as bad as can be. */
function marginOf(value: number | undefined, limit: number, more: boolean): number {
  if (value === undefined || Number.isNaN(value)) return -Infinity;
  return (more ? value - limit : limit - value) / (limit === 0 ? 1 : limit);
}

/** A bar is held against what the table of bars shows. */
function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(3));
}
