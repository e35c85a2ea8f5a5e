import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import type { History, Leftover, Span, WorkerRecord } from "../history/history.js";
import { now, readJournal } from "../history/journal.js";
import type { Aim, Fault, Mend, Network, Target } from "./fault.js";
import type { Link } from "./links.js";
import type { Stage } from "./stage.js";
import type { StageNode } from "./stage-node.js";
import type { StageWorker } from "./stage-worker.js";

/** How long a scene takes. */
export interface Timing {
  /** The longest. */
  readonly ttlMs: number;
  readonly contenders: number;
  /** Before the fault, and while it is in force. */
  readonly beforeMs: number;
  readonly duringMs: number;
}

/** What one worker does in a scene. */
interface Part {
  readonly worker: StageWorker;
  readonly name: string;
  readonly journal: string;
  readonly stderrBefore: number;
  recoveredAt?: number;
  notVoting?: readonly string[];
}

/** Every other worker has leases that are shorter by this factor: nodes must be judged by the longest of any process. */
const SHORTER = 0.6;

/** How many nodes an aim strikes. */
export function struckNodes(aim: Aim, nodes: number): number {
  if (aim === "a minority") return Math.floor((nodes - 1) / 2);
  return aim === "a quorum" ? Math.floor(nodes / 2) + 1 : nodes;
}

/** One fault, or two at once, from the first lock to the last key that is left. */
export class Scene {
  readonly #stage: Stage;
  readonly #timing: Timing;
  readonly #random: () => number;
  readonly #keys: readonly string[];
  readonly #number: number;
  readonly #parts: Part[] = [];
  /** What it is at, for whoever finds it stuck. */
  step = "beginning";

  constructor(stage: Stage, timing: Timing, random: () => number) {
    this.#stage = stage;
    this.#timing = timing;
    this.#random = random;
    this.#number = ++stage.scenes;
    this.#keys = ["seat", "row"].map((key) => `${key} ${this.#number}`);
  }

  /** @param faults with their aims, which strike one after the other, and the same nodes as far as they can */
  async play(faults: readonly (readonly [Fault, Aim])[], lingersMs = 0): Promise<History> {
    const { beforeMs, duringMs, ttlMs } = this.#timing;
    await Promise.all(this.#stage.workers.map((worker) => this.#begin(worker)));
    this.step = "contending before the fault";
    await sleep(beforeMs);
    this.step = "striking";
    const order = [...this.#stage.nodes.keys()].sort(() => this.#random() - 0.5);
    const struckFrom = now();
    const mends: Mend[] = [];
    for (const [fault, aim] of faults) mends.push(await this.#strike(fault, aim, order));
    const inForceFrom = now();
    this.step = "contending under the fault";
    await sleep(duringMs);
    this.step = "mending";
    const inForceTo = now();
    await Promise.all(mends.map((mend) => mend()));
    const struck: Span = { from: struckFrom, to: now() };
    this.step = "recovering";
    await Promise.all(this.#present().map((part) => this.#recover(part)));
    this.step = "ending";
    await Promise.all(this.#present().map(async (part) => (part.notVoting = await part.worker.give("end"))));
    this.step = "looking for what is left";
    const leftAtOnce = await this.#left();
    const leftInTheEnd = await this.#leftInTheEnd(ttlMs + lingersMs);
    for (const { clock } of this.#stage.nodes) clock?.set(0);
    const inForce = { from: inForceFrom, to: inForceTo };
    return this.#history({ struck, inForce, leftAtOnce, leftInTheEnd });
  }

  /** What was asked for and has not been answered, while it is under way. */
  unsettled(): string[] {
    return this.#parts.flatMap(({ journal, worker }) =>
      readJournal(journal)
        .acquisitions.filter(({ settledAt }) => settledAt === undefined)
        .map(({ id, waitMs, askedAt }) => {
          const forMs = Math.round(now() - askedAt);
          return `${id}${worker.killed ? ", who was killed," : ""} waits for ${forMs} of ${waitMs} ms`;
        }),
    );
  }

  async #begin(worker: StageWorker, name = `worker ${worker.index + 1}`): Promise<void> {
    const { ttlMs, contenders } = this.#timing;
    const journal = join(this.#stage.folder, `${this.#number} ${name}`);
    this.#parts.push({ worker, name, journal, stderrBefore: worker.stderr.length });
    await worker.give("begin", {
      name,
      nodes: this.#stage.urlsFor(worker.index),
      store: this.#stage.store.url,
      keys: this.#keys,
      contenders,
      ttlMs: worker.index % 2 === 0 ? ttlMs : Math.round(ttlMs * SHORTER),
      journal,
    });
  }

  #present(): Part[] {
    return this.#parts.filter(({ worker }) => !worker.killed);
  }

  async #strike(fault: Fault, aim: Aim, order: readonly number[]): Promise<Mend> {
    const target = this.#target(aim, order);
    // Whoever is cut off shall have something to lose.
    if (aim === "one worker's network") await target.worker.give("holdOne");
    return fault.strike(target);
  }

  async #recover(part: Part): Promise<void> {
    const { ttlMs } = this.#timing;
    const patience = sleep(10 * ttlMs + 10_000, undefined, { ref: false });
    const recoveredAt = await Promise.race([part.worker.give("calm"), patience]);
    if (recoveredAt !== undefined) part.recoveredAt = recoveredAt;
  }

  #target(aim: Aim, order: readonly number[]): Target {
    const { nodes: all, workers } = this.#stage;
    const struck = order.slice(0, struckNodes(aim, all.length));
    const nodes = all.filter(({ index }) => struck.includes(index));
    const others = all.filter(({ index }) => !struck.includes(index));
    const worker = workers[Math.floor(this.#random() * workers.length)];
    if (worker === undefined) throw new Error("There is no worker");
    const networkOf = (of: StageWorker, to: readonly StageNode[]): Network => this.#network([of], to);
    return {
      nodes,
      others,
      worker,
      workers: [...workers],
      network: aim === "one worker's network" ? networkOf(worker, nodes) : this.#network(workers, nodes),
      networkOf,
      ttlMs: this.#timing.ttlMs,
      random: this.#random,
      replace: async (killed) => {
        const replacement = await this.#stage.replace(killed);
        await this.#begin(replacement, `worker ${killed.index + 1}, the second`);
      },
    };
  }

  #network(workers: readonly StageWorker[], nodes: readonly StageNode[]): Network {
    const links = workers.flatMap((worker) =>
      nodes.map((node): Link => ({ worker: worker.index, node: node.index })),
    );
    const { links: give } = this.#stage;
    return {
      apply: (faults) => give("apply", links, faults),
      cut: () => give("cut", links),
      abandon: () => give("abandon", links),
      refuse: () => give("refuse", links),
      accept: () => give("accept", links),
    };
  }

  async #left(): Promise<Leftover[]> {
    return (await Promise.all(this.#stage.nodes.map((node) => node.keys()))).flat();
  }

  /** Waits until no lock is there any more, for as long as one may be. */
  async #leftInTheEnd(longestMs: number): Promise<Leftover[]> {
    const end = now() + longestMs + 1_000;
    for (;;) {
      const left = await this.#left();
      if (now() > end || !left.some(({ key }) => this.#keys.some((own) => key === `lock:${own}`)))
        return left;
      await sleep(20);
    }
  }

  async #history(
    told: Pick<History, "struck" | "inForce" | "leftAtOnce" | "leftInTheEnd">,
  ): Promise<History> {
    const journals = this.#parts.map((part) => ({ part, ...readJournal(part.journal) }));
    return {
      nodes: this.#stage.nodes.length,
      ttlMs: this.#timing.ttlMs,
      acquisitions: journals.flatMap(({ acquisitions }) => acquisitions),
      accepted: await this.#stage.store.take(),
      workers: journals.map(
        ({ part: { worker, ...part }, stalls }): WorkerRecord => ({
          name: part.name,
          stalls,
          killed: worker.killed,
          stderr: worker.stderr.slice(part.stderrBefore),
          recoveredAt: part.recoveredAt,
          notVoting: part.notVoting ?? [],
        }),
      ),
      ...told,
    };
  }
}
