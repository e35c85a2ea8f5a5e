import { createLockManager, type LockManager, type MemoryNode, memoryNode } from "@redlock-kit/core";
import { type FaultyNode, faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { namesOf } from "../core/cluster.js";
import { chance, slowDown } from "./chance.js";
import {
  KEYS,
  LONGEST_DELAY_MS,
  LONGEST_TTL_MS,
  NODE_TIMEOUT_MS,
  type Play,
  type Step,
  type Trouble,
} from "./script.js";
import { type Visit, Witness } from "./witness.js";

/** Plays, and finds what must not be. */
export async function play(script: Play): Promise<{ broken: string[]; granted: number; left: number }> {
  const witness = await new Stage(script).run();
  return { broken: witness.broken, granted: witness.count("granted"), left: witness.count("left") };
}

class Stage {
  readonly #script: Play;
  readonly #witness: Witness;
  readonly #clock: ManualClock;
  readonly #random: () => number;
  readonly #servers: readonly MemoryNode[];
  readonly #connections: readonly (readonly FaultyNode[])[];
  readonly #locks: readonly LockManager[];
  readonly #lossy = new Set<FaultyNode>();
  readonly #closed = new Set<number>();
  readonly #work: Promise<void>[] = [];

  constructor(script: Play) {
    this.#script = script;
    this.#random = chance(script.seed);
    this.#clock = manualClock(undefined, this.#random);
    const clock = this.#clock;
    this.#witness = new Witness(clock);
    this.#servers = Array.from({ length: script.nodes }, (_, i) =>
      memoryNode({ clock, name: `node-${i + 1}` }),
    );
    this.#connections = Array.from({ length: script.processes }, () =>
      this.#servers.map((server) => faultyNode(server, clock)),
    );
    this.#locks = this.#connections.map((nodes) =>
      createLockManager({
        nodes,
        clock,
        lockDelayMs: script.lockDelayMs,
        nodeTimeoutMs: NODE_TIMEOUT_MS,
        waitMs: Infinity,
      }),
    );
  }

  async run(): Promise<Witness> {
    await this.#clock.advance(0);
    for (const step of this.#script.steps) {
      this.#take(step);
      await this.#pass(step.passMs, Infinity);
    }
    for (const connection of this.#connections.flat()) this.#mend(connection);
    // What a lost release left expires, and then nothing is in anybody's way.
    const calm = this.#clock.monotonic() + LONGEST_TTL_MS + LONGEST_DELAY_MS + NODE_TIMEOUT_MS;
    while (this.#witness.count("waiting") > 0 && this.#witness.broken.length === 0)
      await this.#pass(20, calm);
    await this.#end();
    return this.#witness;
  }

  #take(step: Step): void {
    if (step.kind === "freeze") return this.#clock.freeze(step.ms);
    if (step.kind === "jump") return this.#clock.jumpWall(step.ms - 100);
    const process = step.process % this.#locks.length;
    if (step.kind === "acquire") this.#work.push(this.#visit(step, process));
    else if (step.kind === "try") this.#work.push(this.#barge(step, process));
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
    const { keys, waitMs, abortMs, ttlMs, crashes, holdMs, adopts, minHoldMs } = step;
    if (this.#closed.has(process)) return;
    const clock = this.#clock;
    const since = clock.monotonic();
    // Who must leave while an attempt is under way hears of it when that has ended: after five votes at most.
    const patience = Math.min(waitMs, abortMs ?? Infinity) + 5 * this.#servers.length * NODE_TIMEOUT_MS + 50;
    const no = this.#witness.visits.length;
    const visit: Visit = { no, process, keys, adopts, since, deadline: since + patience, state: "waiting" };
    this.#witness.visits.push(visit);
    const leaving = new AbortController();
    if (abortMs !== undefined) clock.setTimer(() => leaving.abort(), abortMs);
    const own = adopts ? { token: `token ${no}` } : {};
    const signal = abortMs === undefined ? {} : { signal: leaving.signal };
    try {
      const lease = await (this.#locks[process] as LockManager).acquire(keys, {
        waitMs,
        ttlMs,
        minHoldMs,
        autoExtend: !crashes,
        ...signal,
        ...own,
      });
      this.#witness.granted(visit, lease);
      if (holdMs > 0) await new Promise<void>((resolve) => void clock.setTimer(resolve, holdMs));
      if (!crashes) await lease.release();
    } catch {
      visit.state = "left";
    }
  }

  async #barge(step: Extract<Step, { kind: "try" }>, process: number): Promise<void> {
    const locks = this.#locks[process];
    if (locks === undefined || this.#closed.has(process)) return;
    try {
      const lease = await locks.tryAcquire(step.keys, { ttlMs: LONGEST_TTL_MS });
      if (lease === null) return;
      this.#witness.held(lease);
      await lease.release();
    } catch {
      // Closed meanwhile, or no quorum.
    }
  }

  /** Lets time pass, and looks. */
  async #pass(ms: number, calm: number): Promise<void> {
    const end = this.#clock.monotonic() + ms;
    while (this.#clock.monotonic() < end) {
      await this.#clock.advance(Math.min(10, end - this.#clock.monotonic()));
      this.#witness.look(calm);
    }
  }

  /** Closes everything; then nothing must be left but counters. */
  async #end(): Promise<void> {
    const closed = Promise.all(this.#locks.map((locks) => locks.close({ graceMs: 0 })));
    await this.#clock.advance(12_000);
    await closed;
    await Promise.all(this.#work);
    if (this.#clock.timers > 0) this.#witness.tell(`${this.#clock.timers} timers left`);
    for (const [i, locks] of this.#locks.entries())
      if (locks.stats().waiting > 0) this.#witness.tell(`${locks.stats().waiting} waiting at process ${i}`);
    const times = { ttlMs: 1_000, lockDelayMs: 0, fenceTtlMs: 3_600_000, maxSkewMs: 60_000, proposal: 1 };
    const place = { process: "a stranger", ticket: 1 };
    for (const server of this.#servers) {
      for (const key of KEYS) {
        const request = { keys: [namesOf(key)], token: "a stranger" };
        const { kind } = await server.grant({ ...request, ...times, place });
        if (kind !== "granted") this.#witness.tell(`${server.name} does not grant ${key}`);
        await server.release({ ...request, lockDelayMs: 0, keepMs: 0 });
      }
      if (server.size.queues > 0) this.#witness.tell(`${server.name} keeps ${server.size.queues} queues`);
    }
  }
}
