import { setTimeout as sleep } from "node:timers/promises";
import type { LockManager } from "@redlock-kit/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";
import type { RedisServer } from "../support/redis-server.js";
import { scriptsRun } from "../support/scripts-run.js";
import { redisClient, redisServers, urlsOf } from "../support/this-test.js";
import type { Account, Contest } from "./contest.js";
import { managersOn, waiting } from "./on-redis.js";

const PROCESSES = 4;
const CONTENDERS = 10;

/** Four processes of ten contenders each contend for one lock for about two seconds. */
async function contest(servers: readonly RedisServer[], halfWay: () => unknown = () => {}) {
  const told: Contest = { urls: urlsOf(servers), contenders: CONTENDERS };
  const workers = Array.from({ length: PROCESSES }, () => {
    const worker = forkWorker(new URL("./contender.worker.ts", import.meta.url), [JSON.stringify(told)]);
    onTestFinished(() => void worker.kill("SIGKILL"));
    return worker;
  });
  expect(await Promise.all(workers.map(nextMessage))).toEqual(workers.map(() => "ready"));
  for (const worker of workers) worker.send("go");
  await sleep(800);
  await halfWay();
  await sleep(1_200);
  const accounts = Promise.all(workers.map((worker) => nextMessage<Account>(worker)));
  for (const worker of workers) worker.send("stop");
  const all = await accounts;
  const leases = all
    .flatMap((account) => account.leases)
    .map(([from, to]) => [BigInt(from), BigInt(to)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const overlaps = leases.filter(([from], i) => i > 0 && from < (leases[i - 1]?.[1] ?? 0n)).length;
  return {
    acquired: leases.length,
    overlaps,
    turns: all.flatMap(({ turns }) => turns),
    errors: all.flatMap(({ errors }) => errors),
  };
}

/** Jain's index of fairness: 1 when all have the same, 1/n when one has everything. */
function fairness(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum ** 2 / (shares.length * shares.reduce((a, b) => a + b ** 2, 0));
}

describe.each([
  [1, 4],
  [3, 15],
])("four processes that contend for one lock over %i Redis server(s)", (size, mostCommands) => {
  test("never have it at once, take turns, and send few commands", async () => {
    const servers = await redisServers(size);
    const clients = servers.map(redisClient);
    const { acquired, overlaps, turns, errors } = await contest(servers);
    const commands = await Promise.all(clients.map(scriptsRun));
    expect([overlaps, errors]).toEqual([0, []]);
    expect(acquired).toBeGreaterThan(PROCESSES * CONTENDERS * 2);
    expect(fairness(turns)).toBeGreaterThanOrEqual(0.9);
    expect(commands.reduce((a, b) => a + b, 0) / acquired).toBeLessThanOrEqual(mostCommands);
  }, 60_000);
});

describe("four processes that contend for one lock over three Redis servers", () => {
  test.each([
    ["hangs", (server: RedisServer) => server.pause()],
    ["is killed", (server: RedisServer) => server.kill()],
  ])(
    "never have it at once and take turns, though one of them %s half way",
    async (_, trouble) => {
      const servers = await redisServers(3);
      const [first] = servers;
      const { acquired, overlaps, turns, errors } = await contest(servers, () => first && trouble(first));
      expect([overlaps, errors]).toEqual([0, []]);
      expect(acquired).toBeGreaterThan(PROCESSES * CONTENDERS * 2);
      expect(Math.min(...turns)).toBeGreaterThan(0);
      expect(fairness(turns)).toBeGreaterThanOrEqual(0.9);
    },
    60_000,
  );
});

test("a thousand waiters of one process send each server two commands a second at most", async () => {
  const servers = await redisServers(3);
  const clients = servers.map(redisClient);
  const [holder, own] = (await managersOn(servers, 2)) as [LockManager, LockManager];
  const lease = await holder.acquire("k", { autoExtend: false });
  let granted = 0;
  const acquires = Array.from({ length: 1_000 }, async () => {
    const turn = await own.acquire("k");
    granted++;
    await turn.release();
  });
  for (const client of clients) await waiting(client, 1);
  const before = await Promise.all(clients.map(scriptsRun));
  await sleep(3_000);
  const after = await Promise.all(clients.map(scriptsRun));
  for (const [i, count] of after.entries()) expect(count - (before[i] ?? 0)).toBeLessThanOrEqual(2 * 3 + 2);
  await lease.release();
  await Promise.all(acquires);
  expect(granted).toBe(1_000);
}, 60_000);
