import type { LockManager, LockManagerOptions, MemoryNode } from "@redlock-kit/core";
import type { FaultyNode, ManualClock, NodeRequest } from "@redlock-kit/core/testing";
import { expect } from "vitest";
import { type Cluster, cluster, namesOf } from "../core/cluster.js";

/** A manager and the connections that it alone uses: what another process would be. */
export interface Process {
  readonly locks: LockManager;
  readonly connections: readonly FaultyNode[];
}

/** A cluster of `size` nodes and as many processes at it as are asked for. */
export async function processes(
  size: number,
  count: number,
  options: Partial<LockManagerOptions> = {},
  clock?: ManualClock,
): Promise<{ readonly of: Cluster; readonly clock: ManualClock; readonly all: readonly Process[] }> {
  const of = await cluster(size, { waitMs: Infinity, ...options }, clock);
  const all: Process[] = [{ locks: of.locks, connections: of.nodes }];
  while (all.length < count) {
    const connections = of.connect();
    all.push({ locks: of.another({}, connections), connections });
  }
  await of.clock.advance(0);
  return { of, clock: of.clock, all };
}

/** How many requests of these kinds the nodes have carried out for a process. */
export function sent({ connections }: Pick<Process, "connections">, ...only: readonly NodeRequest[]): number {
  return connections.reduce((sum, { faults }) => sum + faults.carriedOut.filter(isAmong(only)).length, 0);
}

/** What one node has carried out for a process since it had carried out `before` requests. */
export function since(
  { connections }: Pick<Process, "connections">,
  before: number,
  node = 0,
): NodeRequest[] {
  return connections[node]?.faults.carriedOut.slice(before) ?? [];
}

function isAmong(only: readonly NodeRequest[]): (request: NodeRequest) => boolean {
  return (request) => only.length === 0 || only.includes(request);
}

/** Lets everything happen that needs no time. */
export async function settle(clock: ManualClock, rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round++) await clock.advance(0);
}

/** Nobody waits for any of `keys`, nobody holds them, nothing is kept for anybody, and no node knows of a waiter. */
export async function expectNothingLeft(
  servers: readonly MemoryNode[],
  managers: readonly LockManager[],
  keys: readonly string[],
): Promise<void> {
  expect(managers.map((locks) => locks.stats().waiting)).toEqual(managers.map(() => 0));
  for (const key of keys) {
    const granted = await Promise.all(servers.map((server) => probe(server, key)));
    expect([key, granted]).toEqual([key, servers.map(() => "granted")]);
  }
  // What has expired goes at the latest when somebody asks for the key, as it has been just now.
  expect(servers.map(({ size }) => size.queues)).toEqual(servers.map(() => 0));
}

/** Whether a stranger who would wait is granted a key on one server: a lock that is kept for somebody is refused. */
async function probe(server: MemoryNode, key: string): Promise<string> {
  const keys = [namesOf(key)];
  const times = { ttlMs: 1_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, maxSkewMs: 60_000 };
  const place = { process: "a stranger", ticket: 1 };
  const reply = await server.grant({ keys, token: "a stranger", proposal: 1, place, ...times });
  await server.release({ keys, token: "a stranger", lockDelayMs: 0, keepMs: 0 });
  return reply.kind;
}
