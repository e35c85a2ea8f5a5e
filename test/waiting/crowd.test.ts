import type { LockManager, MemoryNode } from "@redlock-kit/core";
import { type FaultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { chance, sleep, slowDown } from "./chance.js";
import { expectNothingLeft, type Process, processes, sent } from "./process.js";

interface Crowd {
  readonly all: readonly Process[];
  readonly servers: readonly MemoryNode[];
  readonly clock: ManualClock;
  readonly random: () => number;
}

const PROCESSES = 4;
const CONTENDERS = 6;
const NODE_TIMEOUT_MS = 40;

/** Four processes over nodes to which every way takes up to 2 ms, each time anew. */
async function crowd(size: number, seed: number): Promise<Crowd> {
  const random = chance(seed);
  const clock = manualClock(undefined, random);
  const options = { nodeTimeoutMs: NODE_TIMEOUT_MS, ttlMs: 1_000, restartQuarantineMs: 0 };
  const { of, all } = await processes(size, PROCESSES, options, clock);
  for (const { connections } of all) slowDown(connections, clock, random, 2);
  return { all, servers: of.servers, clock, random };
}

/** Everybody takes the lock `turns` times; how many milliseconds that takes, and how it went. */
async function contest({ all, clock, random }: Crowd, turns: number, waitMs = Infinity) {
  let holding = 0;
  let granted = 0;
  const broken: string[] = [];
  const tokens: number[] = [];
  const contend = async (locks: LockManager): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) {
      const since = clock.monotonic();
      try {
        const lease = await locks.acquire("k", { waitMs });
        if (++holding > 1) broken.push(`${holding} holders at ${clock.monotonic()}`);
        granted++;
        tokens.push(lease.fencingToken);
        await sleep(clock, random() * 4);
        if (!lease.valid) broken.push(`lost at ${clock.monotonic()}`);
        holding--;
        await lease.release();
      } catch {
        const tookMs = clock.monotonic() - since;
        if (tookMs < waitMs - 1) broken.push(`gave up after ${tookMs} ms`);
        if (tookMs > waitMs + 5 * NODE_TIMEOUT_MS * 5) broken.push(`not given up before ${tookMs} ms`);
      }
    }
  };
  const start = clock.monotonic();
  let over = false;
  const contending = Promise.all(
    all.flatMap(({ locks }) => Array.from({ length: CONTENDERS }, () => contend(locks))),
  ).then(() => (over = true));
  while (!over && clock.monotonic() - start < 120_000) await clock.advance(50);
  if (!over) broken.push("has not come to its end");
  else await contending;
  if (tokens.some((token, i) => i > 0 && token <= (tokens[i - 1] ?? 0)))
    broken.push("fencing tokens do not grow");
  return { broken, granted, tookMs: clock.monotonic() - start };
}

const TROUBLE: Record<string, (faults: FaultyNode["faults"]) => void> = {
  none: () => {},
  "a node hung": (faults) => faults.hold("requests"),
  "a node whose replies are lost": (faults) => faults.lose("replies"),
  "a node out of reach": (faults) => faults.disconnect(),
};

describe.each([3, 5])("over %i nodes, very many contenders of four processes", (size) => {
  test.each(Object.entries(TROUBLE))(
    "all have their turns, one at a time, without delay: %s",
    async (_, trouble) => {
      for (let seed = 1; seed <= 5; seed++) {
        const scene = await crowd(size, seed);
        for (const { connections } of scene.all) {
          const [connection] = connections;
          if (connection !== undefined) trouble(connection.faults);
        }
        const { broken, granted, tookMs } = await contest(scene, 5);
        expect([seed, broken, granted]).toEqual([seed, [], PROCESSES * CONTENDERS * 5]);
        // A turn is 2 ms in the hands of its holder and at most 8 ms for both ways of release and grant.
        expect(tookMs / granted).toBeLessThan(20);
        for (const { connections } of scene.all) {
          for (const { faults } of connections) {
            faults.resume();
            faults.disconnect();
            faults.reconnect();
          }
        }
        await scene.clock.advance(12_000);
        await expectNothingLeft(
          scene.servers,
          scene.all.map(({ locks }) => locks),
          ["k"],
        );
      }
    },
  );

  test("all have their turns while one node after the other gets stuck or out of reach and comes back", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const scene = await crowd(size, seed);
      const { all, clock, random, servers } = scene;
      let over = false;
      const disturb = async (): Promise<void> => {
        for (let turn = 0; !over; turn++) {
          const node = turn % size;
          const faults = all.map(({ connections }) => connections[node]?.faults);
          await sleep(clock, 300);
          for (const fault of faults)
            if (turn % 2 === 0) fault?.hold("requests");
            else fault?.disconnect();
          await sleep(clock, 20 + random() * 100);
          for (const fault of faults) {
            fault?.resume();
            fault?.reconnect();
          }
          for (const { connections } of all) slowDown(connections, clock, random, 2);
        }
      };
      const disturbing = disturb();
      const { broken, granted, tookMs } = await contest(scene, 8);
      over = true;
      expect([seed, broken, granted]).toEqual([seed, [], PROCESSES * CONTENDERS * 8]);
      expect(tookMs / granted).toBeLessThan(40);
      await clock.advance(1_000);
      await disturbing;
      await clock.advance(12_000);
      await expectNothingLeft(
        servers,
        all.map(({ locks }) => locks),
        ["k"],
      );
    }
  });

  test("end with the lock or at the end of their time", async () => {
    const scene = await crowd(size, 3);
    const [first] = scene.all;
    for (const { faults } of scene.all.flatMap(({ connections }) => connections.slice(0, 1)))
      faults.hold("requests");
    const { broken, granted } = await contest(scene, 3, 60);
    expect(broken).toEqual([]);
    expect(granted).toBeGreaterThan(10);
    expect(granted).toBeLessThan(PROCESSES * CONTENDERS * 3);
    for (const { faults } of scene.all.flatMap(({ connections }) => connections)) faults.resume();
    await scene.clock.advance(12_000);
    await expectNothingLeft(
      scene.servers,
      scene.all.map(({ locks }) => locks),
      ["k"],
    );
    expect(first?.locks.stats().held).toBe(0);
  });

  test("cost their nodes little more than a grant and a release each", async () => {
    const scene = await crowd(size, 4);
    const { granted } = await contest(scene, 10);
    const commands = scene.all.reduce((sum, process) => sum + sent(process), 0);
    expect(commands / granted / size).toBeLessThan(4);
  });
});
