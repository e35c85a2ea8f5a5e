import { createLockManager, type Lease, type LockManager, type MemoryNode, memoryNode } from "@redlock-kit/core";
import { type FaultyNode, faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { namesOf } from "../core/cluster.js";
import { chance, slowDown } from "./chance.js";

/** What happens in one step of a play, before a little time passes. */
export type Step =
  | {
      readonly kind: "acquire";
      readonly process: number;
      readonly keys: readonly string[];
      readonly waitMs: number;
      /** Aborted after so long. */
      readonly abortMs: number | undefined;
      readonly holdMs: number;
      readonly ttlMs: number;
      /** Crashes in place of giving it back: the lease runs out. */
      readonly crashes: boolean;
      readonly passMs: number;
    }
  | { readonly kind: Trouble; readonly process: number; readonly node: number; readonly passMs: number }
  | { readonly kind: "close"; readonly process: number; readonly passMs: number }
  | { readonly kind: "pass"; readonly passMs: number };

export const TROUBLES = [
  "deaf",
  "lose requests",
  "lose replies",
  "hold",
  "slow",
  "fail",
  "mend",
  "disconnect",
  "reconnect",
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Play {
  readonly nodes: number;
  readonly processes: number;
  readonly steps: readonly Step[];
  readonly seed: number;
}

export const KEYS = ["a", "b", "c"];
export const NODE_TIMEOUT_MS = 50;
export const LONGEST_TTL_MS = 800;
/** A look, what it may be put off by, a reservation, and a little for the way. */
const FOUND_MS = 1_105 + 250 + 50 + 50;

interface Visit {
  readonly no: number;
  readonly process: number;
  readonly keys: readonly string[];
  readonly since: number;
  readonly deadline: number;
  state: "waiting" | "granted" | "left";
}

/** Plays, and finds what must not be. */
export async function play(script: Play): Promise<{ broken: string[]; granted: number; left: number }> {
  const stage = new Stage(script);
  await stage.run();
  const { broken, granted, left } = stage;
  return { broken, granted, left };
}

class Stage {
  readonly broken: string[] = [];
  granted = 0;
  left = 0;
  readonly #script: Play;
  readonly #clock: ManualClock;
  readonly #random: () => number;
  readonly #servers: readonly MemoryNode[];
  readonly #connections: readonly (readonly FaultyNode[])[];
  readonly #locks: readonly LockManager[];
  readonly #lossy = new Set<FaultyNode>();
  readonly #closed = new Set<number>();
  readonly #visits: Visit[] = [];
  readonly #leases: Lease[] = [];
  readonly #fences = new Map<string, number>();
  readonly #freeSince = new Map(KEYS.map((key) => [key, 0]));
  readonly #work: Promise<void>[] = [];

  constructor(script: Play) {
    this.#script = script;
    this.#random = chance(script.seed);
    this.#clock = manualClock(undefined, this.#random);
    const clock = this.#clock;
    this.#servers = Array.from({ length: script.nodes }, (_, i) => memoryNode({ clock, name: `node-${i + 1}` }));
    this.#connections = Array.from({ length: script.processes }, () =>
      this.#servers.map((server) => faultyNode(server, clock)),
    );
    this.#locks = this.#connections.map((nodes) =>
      createLockManager({ nodes, clock, nodeTimeoutMs: NODE_TIMEOUT_MS, waitMs: Infinity }),
    );
  }

  async run(): Promise<void> {
    await this.#clock.advance(0);
    for (const step of this.#script.steps) {
      this.#take(step);
      await this.#pass(step.passMs, Infinity);
    }
    for (const connection of this.#connections.flat()) this.#mend(connection);
    // What a lost release left expires, and then nothing is in anybody's way.
    const calm = this.#clock.monotonic() + LONGEST_TTL_MS + NODE_TIMEOUT_MS;
    while (this.#visits.some(({ state }) => state === "waiting") && this.broken.length === 0)
      await this.#pass(20, calm);
    await this.#end();
  }

  #take(step: Step): void {
    if (step.kind === "pass") return;
    const process = step.process % this.#locks.length;
    if (step.kind === "acquire") this.#work.push(this.#visit(step, process));
    else if (step.kind === "close") {
      this.#closed.add(process);
      this.#work.push((this.#locks[process] as LockManager).close({ graceMs: 0 }));
    } else {
      const connection = this.#connections[process]?.[step.node % this.#servers.length];
      if (connection !== undefined) this.#disturb(step.kind, connection);
    }
  }

  #disturb(trouble: Trouble, connection: FaultyNode): void {
    const { faults } = connection;
    if (trouble === "lose requests" || trouble === "lose replies") this.#lossy.add(connection);
    if (trouble === "deaf") faults.lose("replies", "notice");
    else if (trouble === "lose requests") faults.lose("requests");
    else if (trouble === "lose replies") faults.lose("replies");
    else if (trouble === "hold") faults.hold("requests");
    else if (trouble === "slow") slowDown([connection], this.#clock, this.#random, 20);
    else if (trouble === "fail") faults.fail(new Error("LOADING"));
    else if (trouble === "mend") this.#mend(connection);
    else faults[trouble]();
  }

  #mend(connection: FaultyNode): void {
    const { faults } = connection;
    faults.resume();
    // A connection that has lost something is one that breaks.
    if (this.#lossy.delete(connection)) faults.disconnect();
    faults.reconnect();
  }

  async #visit(step: Extract<Step, { kind: "acquire" }>, process: number): Promise<void> {
    const { keys, waitMs, abortMs, ttlMs, crashes, holdMs } = step;
    if (this.#closed.has(process)) return;
    const clock = this.#clock;
    const since = clock.monotonic();
    // Who must leave while an attempt is under way hears of it when that has ended: after five votes at most.
    const patience = Math.min(waitMs, abortMs ?? Infinity) + 5 * this.#servers.length * NODE_TIMEOUT_MS + 50;
    const no = this.#visits.length;
    const visit: Visit = { no, process, keys, since, deadline: since + patience, state: "waiting" };
    this.#visits.push(visit);
    const leaving = new AbortController();
    if (abortMs !== undefined) clock.setTimer(() => leaving.abort(), abortMs);
    const signal = abortMs === undefined ? {} : { signal: leaving.signal };
    try {
      const lease = await (this.#locks[process] as LockManager).acquire(keys, { waitMs, ttlMs, autoExtend: !crashes, ...signal });
      visit.state = "granted";
      this.granted++;
      this.#granted(visit, lease);
      if (holdMs > 0) await new Promise<void>((resolve) => void clock.setTimer(resolve, holdMs));
      if (!crashes) await lease.release();
    } catch {
      visit.state = "left";
      this.left++;
    }
  }

  #granted(visit: Visit, lease: Lease): void {
    for (const key of lease.keys) {
      const other = this.#leases.find((before) => before.valid && before.keys.includes(key));
      if (other !== undefined && lease.valid) this.#tell(`two have ${key}`);
      const newest = this.#fences.get(key) ?? 0;
      if (lease.fencingToken <= newest) this.#tell(`token ${lease.fencingToken} of ${key} after ${newest}`);
      this.#fences.set(key, lease.fencingToken);
    }
    this.#leases.push(lease);
    const passedOver = this.#visits.find(
      ({ no, process, keys, state }) =>
        no < visit.no && process === visit.process && state === "waiting" && keys.join() === visit.keys.join(),
    );
    if (passedOver !== undefined) this.#tell(`visit ${visit.no} got ${visit.keys.join()} before ${passedOver.no}`);
  }

  /** Lets time pass, and looks. `calm`: from when on whatever is free must be found. */
  async #pass(ms: number, calm: number): Promise<void> {
    const end = this.#clock.monotonic() + ms;
    while (this.#clock.monotonic() < end) {
      await this.#clock.advance(Math.min(10, end - this.#clock.monotonic()));
      this.#look(calm);
    }
  }

  #look(calm: number): void {
    const now = this.#clock.monotonic();
    const valid = this.#leases.filter((lease) => lease.valid);
    this.#leases.splice(0, this.#leases.length, ...valid);
    for (const { keys } of valid) for (const key of keys) this.#freeSince.set(key, now);
    for (const { no, keys, state, since, deadline } of this.#visits) {
      if (state !== "waiting") continue;
      if (now > deadline) this.#tell(`visit ${no} of ${keys.join()} has not ended in its time`);
      const free = Math.max(calm, since, ...keys.map((key) => this.#freeSince.get(key) ?? 0));
      if (now - free > FOUND_MS) this.#tell(`visit ${no} has not found ${keys.join()} free`);
    }
  }

  /** Closes everything; then nothing must be left but counters. */
  async #end(): Promise<void> {
    const closed = Promise.all(this.#locks.map((locks) => locks.close({ graceMs: 0 })));
    await this.#clock.advance(12_000);
    await closed;
    await Promise.all(this.#work);
    if (this.#clock.timers > 0) this.#tell(`${this.#clock.timers} timers left`);
    for (const [i, locks] of this.#locks.entries())
      if (locks.stats().waiting > 0) this.#tell(`${locks.stats().waiting} waiting at process ${i}`);
    const times = { ttlMs: 1_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, maxSkewMs: 60_000, proposal: 1 };
    const place = { process: "a stranger", ticket: 1 };
    for (const server of this.#servers) {
      for (const key of KEYS) {
        const request = { keys: [namesOf(key)], token: "a stranger" };
        const { kind } = await server.grant({ ...request, ...times, place });
        if (kind !== "granted") this.#tell(`${server.name} does not grant ${key}`);
        await server.release({ ...request, lockDelayMs: 0, keepMs: 0 });
      }
      if (server.size.queues > 0) this.#tell(`${server.name} keeps ${server.size.queues} queues`);
    }
  }

  #tell(what: string): void {
    this.broken.push(`${what}, at ${Math.round(this.#clock.monotonic())}`);
  }
}
