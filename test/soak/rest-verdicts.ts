import type { Stand } from "./answers.js";
import type { LeftKeys, Rest } from "./run-record.js";
import { named, type Verdict } from "./verdict.js";

/** What must be true once the load has ended and every ttl is over: nothing is left that was not there before. */
export function verdictsOfRest({ before, after, left }: Rest): Verdict[] {
  return [
    nothingIsUnderWay(after),
    everyNodeVotes(after),
    noMoreThanBefore(
      "timers and sockets that are active are those of an idle manager",
      before,
      after,
      activeIn,
    ),
    noMoreThanBefore(
      "managers, clients, leases and timers in memory are those of an idle manager",
      before,
      after,
      objectsIn,
    ),
    noLockIsLeft(left),
  ];
}

function nothingIsUnderWay(after: readonly Stand[]): Verdict {
  const [held, waiting, overrun] = (["held", "waiting", "overrun"] as const).map((gauge) =>
    after.reduce((sum, stand) => sum + stand[gauge], 0),
  );
  const figures = `${held} held, ${waiting} waiting, ${overrun} overrun`;
  return { title: "nothing is held, and nobody waits", ok: figures.match(/[1-9]/) === null, figures };
}

function everyNodeVotes(after: readonly Stand[]): Verdict {
  const silent = after.flatMap((stand) => stand.silent);
  return {
    title: "every node votes again",
    ok: silent.length === 0,
    figures: `${named(silent)} that do not`,
  };
}

const activeIn = ({ resources }: Stand) => resources;
const objectsIn = ({ objects }: Stand) => objects;

/** Fewer is well: what an idle manager had at first may have been let go since. */
function noMoreThanBefore(
  title: string,
  before: readonly Stand[],
  after: readonly Stand[],
  of: (stand: Stand) => Readonly<Record<string, number>>,
): Verdict {
  const more = after.flatMap((stand, i) => {
    const counts = before[i] === undefined ? {} : of(before[i]);
    return Object.entries(of(stand)).flatMap(([kind, count]) => {
      const had = counts[kind] ?? 0;
      return count > had ? [`worker ${i + 1}: ${count} ${kind} where ${had} were`] : [];
    });
  });
  const [first] = after;
  const counts = Object.entries(first === undefined ? {} : of(first)).map(
    ([kind, count]) => `${count} ${kind}`,
  );
  return { title, ok: more.length === 0, figures: more.length === 0 ? counts.join(", ") : more.join("; ") };
}

function noLockIsLeft(left: readonly LeftKeys[]): Verdict {
  const locks = left.flatMap((of) => of.locks);
  const others = left.flatMap((of) => of.others);
  return {
    title: "no lock is left on any node, and nothing unknown",
    ok: locks.length + others.length === 0,
    figures: `locks: ${named(locks)}; unknown: ${named(others)}`,
  };
}
