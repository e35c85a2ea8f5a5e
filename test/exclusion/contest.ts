import type { ChildProcess } from "node:child_process";
import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";
import { redisClient, redisServer } from "../support/this-test.js";

/** What each process of a contest is told. */
export interface Contest {
  readonly nodes: readonly string[];
  /** A server of its own, which sees what the holders do. */
  readonly witness: string;
  /** How many ask for the lock at the same time in each process, and how often each shall get it. */
  readonly contenders: number;
  readonly turns: number;
  readonly ttlMs: number;
  readonly waitMs: number;
}

const PROCESSES = 4;
const CONTENDERS = 3;
const TURNS = 3;
const TOTAL = PROCESSES * CONTENDERS * TURNS;

/**
 * Four processes contend for one lock, under which they count in a way that loses updates if two do it at once.
 *
 * @param halfWay what happens to the nodes in the middle of it
 */
export async function expectExclusion(
  nodes: readonly string[],
  halfWay: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const server = await redisServer();
  const witness = redisClient(server);
  const contest: Contest = {
    nodes,
    witness: server.url,
    contenders: CONTENDERS,
    turns: TURNS,
    ttlMs: 2_000,
    waitMs: 30_000,
  };
  const workers = Array.from({ length: PROCESSES }, () => startWorker(contest));
  expect(await Promise.all(workers.map(nextMessage))).toEqual(workers.map(() => "ready"));
  const done = Promise.all(workers.map(nextMessage));
  for (const worker of workers) worker.send("go");
  await Promise.race([done, counted(witness, TOTAL / 2)]);
  await halfWay();

  expect(await done).toEqual(workers.map(() => "done"));
  expect(Number(await witness.get("counter"))).toBe(TOTAL);
  const tokens = (await witness.lrange("fencing tokens", 0, -1)).map(Number);
  expect(tokens).toHaveLength(TOTAL);
  expect(tokens.filter((token, i) => i > 0 && token <= (tokens[i - 1] ?? 0))).toEqual([]);
}

function startWorker(contest: Contest): ChildProcess {
  const worker = forkWorker(new URL("./contenders.worker.ts", import.meta.url), [JSON.stringify(contest)]);
  onTestFinished(() => void worker.kill("SIGKILL"));
  return worker;
}

async function counted(witness: Redis, atLeast: number): Promise<void> {
  await expect
    .poll(() => witness.get("counter").then(Number), { timeout: 30_000, interval: 10 })
    .toBeGreaterThanOrEqual(atLeast);
}
