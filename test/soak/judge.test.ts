import { describe, expect, test } from "vitest";
import { healthyRun } from "./healthy-run.js";
import { judge } from "./judge.js";
import type { RunRecord } from "./run-record.js";

function failures(run: RunRecord): string[] {
  return judge(run)
    .filter(({ ok }) => !ok)
    .map(({ title, figures }) => `${title}: ${figures}`);
}

test("a run in which nothing is wrong fails no check", () => {
  const verdicts = judge(healthyRun());
  expect(verdicts.filter(({ ok }) => !ok)).toEqual([]);
  expect(verdicts.length).toBeGreaterThanOrEqual(16);
});

describe("a run fails by one check alone", () => {
  const troubles = { violations: [], strays: [] };
  const objects = { managers: 2, leases: 1, clients: 7, sockets: 11, timers: 13, signals: 0 };
  const servers = healthyRun().end?.serversAfter ?? [];
  test.each<[what: string, spoilt: Parameters<typeof healthyRun>[0], found: RegExp]>([
    [
      "in which two had a lock at once",
      { stand: { troubles: { ...troubles, violations: ["door:1: a newer holder came"] } } },
      /^locks exclude each other.*violations: 1, such as door:1: a newer holder came/,
    ],
    [
      "in which a count was lost",
      { end: { miscounted: ["door:1: 99 of 100"] } },
      /^every count.*such as door:1: 99 of 100/,
    ],
    ["in which nothing was counted", { end: { counted: 0 } }, /^every count/],
    [
      "with an unhandled rejection",
      { stand: { troubles: { ...troubles, strays: ["Error: nobody listened"] } } },
      /^no warning, no unhandled rejection.*1, such as Error: nobody listened/,
    ],
    [
      "in which a worker got no locks in the last third",
      { worker: (at) => ({ locks: Math.min(at, 41) * 700 }) },
      /^every worker gets locks/,
    ],
    [
      "in which an array grew by 60 bytes a lock",
      { worker: (at) => ({ heapUsed: 14e6 + at * 700 * 60 * 2 }) },
      /^the memory of worker 2 stays as it is: .* bytes a lock/,
    ],
    [
      "in which buffers grew as much",
      { worker: (at) => ({ buffers: 3e6 + at * 700 * 60 * 2 }) },
      /^the memory of worker 2 stays as it is: .* bytes a lock/,
    ],
    [
      "after which a lease is held",
      { stand: { held: 1 } },
      /^nothing is held, and nobody waits: 1 held, 0 waiting/,
    ],
    ["after which somebody waits", { stand: { waiting: 3 } }, /^nothing is held.*3 waiting/],
    [
      "after which a node does not vote",
      { stand: { silent: ["a:1: restarted"] } },
      /^every node votes again/,
    ],
    [
      "after which a timer is active",
      { stand: { resources: { PipeWrap: 1, TCPSocketWrap: 4, Timeout: 1 } } },
      /^timers and sockets.*worker 2: 1 Timeout where 0 were/,
    ],
    [
      "after which a socket too many is open",
      { stand: { resources: { PipeWrap: 1, TCPSocketWrap: 5 } } },
      /^timers and sockets.*worker 2: 5 TCPSocketWrap where 4 were/,
    ],
    [
      "after which a manager is left that keeps nothing alive",
      { stand: { objects } },
      /^managers, clients.*worker 2: 2 managers where 1 were/,
    ],
    ["that leaves a lock", { left: { locks: ["lock:door:1"] } }, /^no lock is left.*such as lock:door:1/],
    ["that leaves an unknown key", { left: { others: ["stray"] } }, /^no lock is left.*unknown: .*stray/],
    ["that leaves more counters than names", { left: { counters: 20_000 } }, /^what stays on a node/],
    ["that leaves a key without a TTL", { left: { withoutTtl: 1 } }, /^what stays on a node/],
    ["with a key without a TTL on the way", { server: { withoutTtl: 1 } }, /^every key has a TTL/],
    [
      "that fills a node with more than keys",
      { end: { serversAfter: servers.map((server) => ({ ...server, usedMemory: 9e6 })) } },
      /^a node's memory/,
    ],
    [
      "of which a worker did not end",
      { end: { exits: ["0", "still running after 15 s"] } },
      /^when its managers are closed/,
    ],
    [
      "that leaves a connection",
      { end: { serversAfter: servers.map((server) => ({ ...server, connections: 2 })) } },
      /^no connection is left/,
    ],
  ])("%s", (_, spoilt, found) => {
    expect(failures(healthyRun(spoilt))).toEqual([expect.stringMatching(found)]);
  });
});

test("of a run that broke off is judged what was seen", () => {
  const { samples, faults } = healthyRun();
  const verdicts = judge({ samples, faults, failure: "a worker has ended" });
  expect(verdicts.filter(({ ok }) => !ok).map(({ figures }) => figures)).toEqual(["a worker has ended"]);
  expect(verdicts.some(({ title }) => title.includes("memory of worker"))).toBe(true);
});

test("counters are held against the names of the last hour, not of the whole run", () => {
  const night = { samples: 10_000, left: { counters: 140_000 } };
  expect(failures(healthyRun(night))).toEqual([]);
  expect(failures(healthyRun({ ...night, left: { counters: 150_000 } }))).toHaveLength(1);
});
