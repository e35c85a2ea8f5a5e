import { SHARED_NAMES } from "./acts.js";
import type { Troubles } from "./answers.js";
import { memoryVerdicts } from "./memory-verdicts.js";
import { locksIn } from "./progress.js";
import { verdictsOfRest } from "./rest-verdicts.js";
import type { RunEnd, RunRecord, Sample } from "./run-record.js";
import { outerThirds } from "./trend.js";
import { megabytes, named, type Verdict } from "./verdict.js";

const HOUR_MS = 3_600_000;
/** That of the lock with which workers warm up. */
const FURTHER_NAMES = 1;
/** What a counter takes of a server, its entry in the tables of keys and of TTLs included; measured are 190 bytes. */
const BYTES_PER_KEY = 300;
/** What a server may take beyond, for scripts and buffers of connections. */
const SPARE_BYTES = 2e6;

/** Everything that a soak proves, as far as it came. */
export function judge(record: RunRecord): readonly Verdict[] {
  const { samples, end, failure } = record;
  const completed: Verdict = {
    title: "the soak ran to its end",
    ok: failure === undefined,
    figures: failure ?? `${samples.length} samples, ${record.faults.length} faults`,
  };
  const known = samples.at(-1)?.workers.map(({ troubles }) => troubles) ?? [];
  const verdicts = [
    completed,
    ...troubleVerdicts(end?.after.map(({ troubles }) => troubles) ?? known, samples),
  ];
  verdicts.push(locksGoOn(samples), everyKeyHadATtl(samples), ...memoryVerdicts(samples));
  return end === undefined ? verdicts : [...verdicts, ...verdictsOfRest(end), ...endVerdicts(end, samples)];
}

function troubleVerdicts(troubles: readonly Troubles[], samples: readonly Sample[]): Verdict[] {
  const violations = troubles.flatMap((of) => of.violations);
  const strays = troubles.flatMap((of) => of.strays);
  const locks = samples.map(locksIn).at(-1) ?? 0;
  return [
    {
      title: "locks exclude each other, and fencing tokens grow",
      ok: violations.length === 0,
      figures: `violations: ${named(violations)}; of ${locks} locks`,
    },
    {
      title: "no warning, no unhandled rejection, no error that a call may not give",
      ok: strays.length === 0,
      figures: named(strays),
    },
  ];
}

/** A soak in which nothing is locked any more would find nothing. */
function locksGoOn(samples: readonly Sample[]): Verdict {
  const shares = outerThirds(samples).map((third) => {
    const [first, last] = [third[0], third.at(-1)];
    return first === undefined || last === undefined
      ? []
      : last.workers.map(({ locks }, i) => locks - (first === last ? 0 : (first.workers[i]?.locks ?? 0)));
  });
  const figures = shares.map((share) => share.join(" ")).join(" → ");
  return {
    title: "every worker gets locks from first to last",
    ok: shares.every((share) => share.length > 0 && share.every((locks) => locks > 0)),
    figures: `${figures} (first third → last third)`,
  };
}

function everyKeyHadATtl(samples: readonly Sample[]): Verdict {
  const without = samples.flatMap(({ servers }) => servers.map(({ withoutTtl }) => withoutTtl));
  const most = Math.max(0, ...without);
  return {
    title: "every key has a TTL at any time",
    ok: most === 0,
    figures: `${most} without, in ${samples.length} samples`,
  };
}

function endVerdicts(end: RunEnd, samples: readonly Sample[]): Verdict[] {
  const names = namesOfTheLastHour(end, samples) + SHARED_NAMES + FURTHER_NAMES;
  const counters = Math.max(...end.left.map((of) => of.counters));
  const excess = end.serversAfter.map(({ usedMemory, keys }, i) => {
    const before = end.serversBefore[i]?.usedMemory ?? 0;
    return usedMemory - before - keys * BYTES_PER_KEY - SPARE_BYTES;
  });
  const [memory, keys] = [
    Math.max(...end.serversAfter.map(({ usedMemory }) => usedMemory)),
    Math.max(...end.serversAfter.map((server) => server.keys)),
  ];
  const clean = end.exits.every((exit) => exit === "0");
  const connections = end.serversAfter.map((server) => server.connections);
  return [
    {
      title: "every count made under a lock was kept",
      ok: end.miscounted.length === 0 && end.counted > 0,
      figures: `${end.counted} counted; wrong: ${named(end.miscounted)}`,
    },
    {
      title: "what stays on a node are counters, one for each name of the last hour at most",
      ok: counters <= names && end.left.every(({ withoutTtl }) => withoutTtl === 0),
      figures: `${counters} counters, ${names} names, ${Math.max(...end.left.map(({ queues }) => queues))} queues`,
    },
    {
      title: "a node's memory is that of its keys",
      ok: excess.every((bytes) => bytes <= 0),
      figures: `${megabytes(memory)} with ${keys} keys`,
    },
    {
      title: "when its managers are closed a worker ends by itself",
      ok: clean,
      figures: `exit codes ${end.exits.join(", ")}`,
    },
    {
      title: "no connection is left",
      ok: connections.every((count) => count === 1),
      figures: `${connections.join(", ")} on the nodes, ours included`,
    },
  ];
}

/** How many names of locks were used for the first time within the life of a counter. */
function namesOfTheLastHour({ after }: RunEnd, samples: readonly Sample[]): number {
  const lastMs = samples.at(-1)?.atMs ?? 0;
  const before = samples.findLast(({ atMs }) => atMs <= lastMs - HOUR_MS);
  return namesIn(after) - namesIn(before?.workers ?? []);
}

function namesIn(workers: readonly { readonly names: number }[]): number {
  return workers.reduce((sum, { names }) => sum + names, 0);
}
