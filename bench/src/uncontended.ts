import { createLockManager } from "@redlock-kit/core";
import type { Redis } from "ioredis";
import { RedisServers } from "./redis-servers.js";

/** One measured way to take and give back a free lock. */
export interface Measurement {
  readonly nodes: number;
  /** Microseconds of one acquire and release. */
  readonly floorUs: number;
  readonly kitUs: number;
  /** The kit's throughput as a share of the floor's, over all rounds. */
  readonly ratio: number;
  /** The same, of the slowest and the fastest quarter of rounds. */
  readonly quartiles: readonly [number, number];
}

const DELETE_IF_OURS = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`;

const ROUNDS = 120;
const PAIRS = 100;
const WARM_UP_PAIRS = 5_000;
const KEYS = 64;

/**
 * Acquire and release of a free lock, one after the other on one connection a node, against the floor: `SET key token
 * NX PX ttl` and a compare-and-delete script on the same clients, waiting for every node. Both take turns in short
 * rounds, so that whatever else the machine does falls on both alike.
 */
export async function measureUncontended(nodes: number): Promise<Measurement> {
  await using servers = await RedisServers.start(nodes);
  await using locks = createLockManager({ nodes: servers.clients, restartQuarantineMs: 0 });
  const sha = await loadOnAll(servers.clients);
  const floor = async (i: number): Promise<void> => {
    const key = `floor:${i % KEYS}`;
    const token = `0123456789abcdef0123456789abcd${i % KEYS}`;
    await Promise.all(servers.clients.map((client) => client.set(key, token, "PX", 10_000, "NX")));
    await Promise.all(servers.clients.map((client) => client.evalsha(sha, 1, key, token)));
  };
  const kit = async (i: number): Promise<void> => {
    const lease = await locks.acquire(`kit:${i % KEYS}`);
    if (!(await lease.release())) throw new Error("an uncontended lock was lost");
  };
  await time(floor, WARM_UP_PAIRS);
  await time(kit, WARM_UP_PAIRS);
  const rounds: { floor: number; kit: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Who goes first changes from round to round.
    const first = round % 2 === 0 ? await time(floor, PAIRS) : await time(kit, PAIRS);
    const second = round % 2 === 0 ? await time(kit, PAIRS) : await time(floor, PAIRS);
    rounds.push(round % 2 === 0 ? { floor: first, kit: second } : { floor: second, kit: first });
  }
  const sum = (of: "floor" | "kit"): number => rounds.reduce((total, round) => total + round[of], 0);
  const ratios = rounds.map((round) => round.floor / round.kit).sort((a, b) => a - b);
  const quarter = (share: number): number => ratios[Math.floor(share * ROUNDS)] ?? 0;
  const toUs = 1_000 / (ROUNDS * PAIRS);
  return {
    nodes,
    floorUs: sum("floor") * toUs,
    kitUs: sum("kit") * toUs,
    ratio: sum("floor") / sum("kit"),
    quartiles: [quarter(0.25), quarter(0.75)],
  };
}

async function loadOnAll(clients: readonly Redis[]): Promise<string> {
  const shas = await Promise.all(clients.map((client) => client.script("LOAD", DELETE_IF_OURS)));
  return String(shas[0]);
}

async function time(pair: (i: number) => Promise<void>, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await pair(i);
  return performance.now() - start;
}
