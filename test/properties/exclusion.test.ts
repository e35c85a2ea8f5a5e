import {
  createLockManager,
  type Lease,
  type LockManager,
  type MemoryNode,
  memoryNode,
} from "@redlock-kit/core";
import {
  type FaultyNode,
  faultyNode,
  type ManualClock,
  manualClock,
  type Way,
} from "@redlock-kit/core/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

type ValueOf<A> = A extends fc.Arbitrary<infer Value> ? Value : never;
type Disturbance = ValueOf<typeof disturbance>;
type Scene = ValueOf<typeof scenes>;

/** What goes wrong, or right, in one step. */
const disturbance = fc.record({
  kind: fc.constantFrom(
    "lose",
    "hold",
    "delay",
    "fail",
    "duplicate",
    "resume",
    "resume",
    "reconnect",
    "disconnect",
    "reconnect",
    "freeze",
    "jump",
    "restart",
  ),
  way: fc.constantFrom<Way>("requests", "replies"),
  process: fc.nat(),
  node: fc.nat(),
  ms: fc.nat({ max: 400 }),
});

const scenes = fc.record({
  nodes: fc.constantFrom(1, 2, 3, 3, 3, 4, 5),
  processes: fc.integer({ min: 2, max: 4 }),
  steps: fc.array(disturbance, { minLength: 10, maxLength: 40, size: "max" }),
  seed: fc.nat(),
});

/** A repeatable source of chance. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A clock whose timers never fire early and take a millisecond at least, as real ones do. */
function wholeMilliseconds(clock: ManualClock): ManualClock {
  const setTimer: ManualClock["setTimer"] = (callback, delayMs) =>
    clock.setTimer(callback, Math.max(1, Math.ceil(delayMs)));
  return Object.create(clock, { setTimer: { value: setTimer } }) as ManualClock;
}

interface Process {
  readonly name: string;
  readonly connections: readonly FaultyNode[];
  readonly locks: LockManager;
}

/** Takes the lock again and again, holds it for a while, and lets everybody know what it has. */
async function contend({ name, locks }: Process, clock: ManualClock, all: Lease[], stopped: () => boolean) {
  const sleep = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
  const perhaps = (share: number) => clock.random() < share;
  for (let turn = 0; !stopped(); turn++) {
    const leaving = new AbortController();
    if (perhaps(0.2)) clock.setTimer(() => leaving.abort(), clock.random() * 200);
    // A token of its own that outlives the turn, as that of a request that is sent again.
    const token = perhaps(0.3) ? `${name}-${turn >> 1}` : undefined;
    try {
      const lease = await locks.acquire("k", {
        waitMs: 500,
        autoExtend: perhaps(0.5),
        signal: leaving.signal,
        token,
      });
      if (!all.includes(lease)) all.push(lease);
      await sleep(clock.random() * 300);
      if (perhaps(0.3)) await lease.extend();
      await sleep(clock.random() * 100);
      if (perhaps(0.7)) await lease.release();
    } catch {
      // Held, out of reach, left or lost.
    }
    await sleep(1 + clock.random() * 20);
  }
}

function disturb(
  step: Disturbance,
  processes: readonly Process[],
  servers: readonly MemoryNode[],
  clock: ManualClock,
): void {
  const { connections } = processes[step.process % processes.length] as Process;
  const { faults } = connections[step.node % connections.length] as FaultyNode;
  if (step.kind === "lose" || step.kind === "hold") faults[step.kind](step.way);
  else if (step.kind === "delay") faults.delay(step.way, () => clock.random() * step.ms);
  else if (step.kind === "fail") faults.fail(new Error("LOADING"));
  else if (step.kind === "resume") faults.resume(step.ms % 2 === 0 ? "in order" : "last first");
  else if (step.kind === "freeze") clock.freeze(step.ms);
  else if (step.kind === "jump") clock.jumpWall(step.ms - 200);
  else if (step.kind !== "restart") faults[step.kind]();
  // Quorums are safe from the amnesia of a minority, here of one node.
  else if (servers.length >= 3) servers[0]?.restart();
}

/** Plays a scene, and finds what must not be. */
async function play({ nodes, processes: count, steps, seed }: Scene) {
  const clock = wholeMilliseconds(manualClock(undefined, chance(seed)));
  const servers = Array.from({ length: nodes }, (_, i) => memoryNode({ clock, name: `node-${i + 1}` }));
  const processes = Array.from({ length: count }, (_, i) => {
    const connections = servers.map((server) => faultyNode(server, clock));
    return {
      name: `process-${i + 1}`,
      connections,
      locks: createLockManager({ nodes: connections, clock, ttlMs: 300, nodeTimeoutMs: 50 }),
    };
  });
  const leases: Lease[] = [];
  let stopped = false;
  const work = processes.map((process) => contend(process, clock, leases, () => stopped));
  const broken: string[] = [];
  const look = () => {
    const valid = leases.filter((lease) => lease.valid);
    if (valid.length > 1) broken.push(`${valid.length} valid leases at ${clock.monotonic()}`);
  };
  for (const step of steps) {
    disturb(step, processes, servers, clock);
    look();
    for (let ms = 0; ms < 50; ms += 10) {
      await clock.advance(10);
      look();
    }
  }
  for (const { faults } of processes.flatMap(({ connections }) => connections)) {
    faults.resume();
    faults.reconnect();
  }
  stopped = true;
  await clock.advance(2_000);
  await Promise.all(work);
  for (const [i, { fencingToken, token }] of leases.entries()) {
    const before = leases[i - 1];
    // Whoever comes again with the token that still holds the lock has its fencing token, too.
    const same = before?.token === token && before.fencingToken === fencingToken;
    if (!same && fencingToken <= (before?.fencingToken ?? 0))
      broken.push(`${fencingToken} after ${before?.fencingToken}`);
  }
  for (const lease of leases) await lease.release();
  await clock.advance(0);
  for (const server of servers) {
    const { token, remainingMs } = await server.inspect({
      key: "k",
      lock: "lock:k",
      fence: "{lock:k}:fence",
      queue: "{lock:k}:queue",
    });
    if (token !== null) broken.push(`${server.name} is held for ${remainingMs} ms`);
  }
  const closed = Promise.all(processes.map(({ locks }) => locks.close({ graceMs: 0 })));
  await clock.advance(10_000);
  await closed;
  if (clock.timers > 0) broken.push(`${clock.timers} timers left`);
  return { broken, leases: leases.length };
}

describe("processes over nodes with bad connections", () => {
  test("never have two valid leases at once, get growing fencing tokens, and leave no key and no timer in the end", async () => {
    let leases = 0;
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const played = await play(scene);
        leases += played.leases;
        expect(played.broken).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(leases).toBeGreaterThan(60);
  });
});
