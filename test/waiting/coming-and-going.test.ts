import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLockManager, memoryNode } from "@redlock-kit/core";
import { manualClock } from "@redlock-kit/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { cluster } from "../core/cluster.js";
import { chance, sleep, slowDown } from "./chance.js";
import { expectNothingLeft, settle } from "./process.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

test("of very many keys that were waited for once, nothing is kept", { timeout: 60_000 }, async () => {
  const KEYS = 20_000;
  const clock = manualClock();
  const server = memoryNode({ clock });
  const [a, b] = [0, 1].map(() => createLockManager({ nodes: [server], clock, waitMs: Infinity }));
  if (a === undefined || b === undefined) throw new Error("no managers");
  onTestFinished(async () => {
    const closed = Promise.all([a.close({ graceMs: 0 }), b.close({ graceMs: 0 })]);
    await clock.advance(10_000);
    await closed;
  });
  const contendFor = async (name: string) => {
    const held = await Promise.all(Array.from({ length: KEYS }, (_, i) => a.acquire(`${name}-${i}`)));
    const waiting = held.flatMap(({ key }) => [b.acquire(key), b.acquire(key)]);
    const done = Promise.all(waiting.map(async (acquire) => (await acquire).release()));
    await settle(clock, 2);
    expect(b.stats().waiting).toBe(2 * KEYS);
    expect(server.size.queues).toBe(KEYS);
    await Promise.all(held.map((lease) => lease.release()));
    await settle(clock);
    await done;
  };
  const rounds: number[] = [];
  for (const name of ["first", "second", "third"]) {
    await contendFor(name);
    expect(server.size.queues).toBe(0);
    await clock.advance(61_000);
    // The counters stay for an hour, which is not what this is about.
    server.restart();
    await clock.advance(61_000);
    rounds.push(await heap());
  }
  expect([a.stats().waiting, b.stats().waiting, b.stats().held, b.stats().waited]).toEqual([
    0,
    0,
    0,
    6 * KEYS,
  ]);
  const [, second = 0, third = 0] = rounds;
  expect((third - second) / KEYS).toBeLessThan(40);
});

describe.each([1, 3])("over %i node(s)", (size) => {
  test("nobody is lost who comes while others get the lock, leave or time out, in whatever order", async () => {
    let granted = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = chance(seed);
      const { clock, locks, nodes, servers, another, connect } = await cluster(size, { ttlMs: 2_000 });
      const connections = connect();
      const other = another({}, connections);
      slowDown([...nodes, ...connections], clock, random, 2);
      let holders = 0;
      const visit = async (): Promise<string> => {
        await sleep(clock, random() * 300);
        const leaving = new AbortController();
        const [leaves, late] = [random() < 0.4, random() < 0.2];
        if (leaves) clock.setTimer(() => leaving.abort(), random() * 60);
        const waitMs = late ? random() * 60 : Infinity;
        try {
          const options = { waitMs, ...(leaves && { signal: leaving.signal }) };
          const lease = await (random() < 0.7 ? locks : other).acquire("k", options);
          granted++;
          expect(++holders).toBe(1);
          // Some give it back in the very moment in which they get it.
          if (random() < 0.6) await sleep(clock, random() * 10);
          holders--;
          await lease.release();
          return "granted";
        } catch (error) {
          if ((leaves || late) && (error as { code?: string }).code !== undefined) return "left";
          throw error;
        }
      };
      const visits = Promise.all(Array.from({ length: 30 }, visit));
      let over = false;
      void visits.then(() => (over = true));
      visits.catch(() => {});
      // Thirty turns of at most 10 ms each, with a look a second where things went wrong.
      await clock.advance(6_000);
      expect([seed, over]).toEqual([seed, true]);
      await visits;
      for (const { faults } of [...nodes, ...connections]) faults.resume();
      await clock.advance(11_000);
      await expectNothingLeft(servers, [locks, other], ["k"]);
    }
    expect(granted).toBeGreaterThan(600);
  });
});
