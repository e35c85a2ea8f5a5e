import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { Dice } from "../simulation/dice.js";
import { type Answers, LONGEST_TTL_MS, type Stand } from "./answers.js";
import { type Fault, Storms } from "./faults.js";
import type { LeftKeys, RunRecord, Sample, ServerSample, StruckFault } from "./run-record.js";
import { leftKeys, serverSample } from "./servers.js";
import { openStage, type Stage } from "./stage.js";
import { verdictsOfRest } from "./rest-verdicts.js";
import { countIn, countOf } from "./witness.js";

export interface SoakOptions {
  readonly minutes: number;
  readonly nodes: number;
  readonly workers: number;
  readonly seed: string;
  /** Ends the load early; everything else follows as usual. */
  readonly signal?: AbortSignal;
  /** Called at the end of each quiet spell, with all that was seen so far. */
  readonly onSample?: (sofar: RunRecord) => void;
}

/** Long enough for what a storm has dammed up to drain, so that a sample shows what stays. */
const QUIET_MS = [1_200, 3_500] as const;
/** By when a soak that has ended must have come to rest: the leases, then as much again for nodes that were kept out. */
const SETTLED_MS = 2 * LONGEST_TTL_MS + 15_000;
const LEAVING_MS = 15_000;

/** Puts managers in several processes under load, with faults and quiet spells in turn, and tells what it has seen. */
export async function soak(options: SoakOptions): Promise<RunRecord> {
  const sofar = { samples: [], faults: [] };
  try {
    await using stage = await openStage(options);
    return await new Soak(stage, options, sofar).run();
  } catch (error) {
    return { ...sofar, failure: inspect(error) };
  }
}

class Soak {
  readonly #stage: Stage;
  readonly #options: SoakOptions;
  readonly #dice: Dice;
  readonly #samples: Sample[];
  readonly #faults: StruckFault[];
  readonly #since = performance.now();

  constructor(
    stage: Stage,
    options: SoakOptions,
    { samples, faults }: { readonly samples: Sample[]; readonly faults: StruckFault[] },
  ) {
    this.#stage = stage;
    this.#options = options;
    this.#dice = new Dice(options.seed);
    this.#samples = samples;
    this.#faults = faults;
  }

  async run(): Promise<RunRecord> {
    const before = await this.#ask("stand");
    const serversBefore = await this.#servers();
    await this.#ask("begin");
    await this.#weather();
    const counts = await this.#ask("rest");
    const { after, left } = await this.#settled(before);
    const counted = await this.#compare(counts);
    await this.#ask("leave");
    const exits = await Promise.all(this.#stage.workers.map(({ process }) => process.end(LEAVING_MS)));
    const serversAfter = await this.#deserted();
    const end = { before, after, serversBefore, serversAfter, left, ...counted, exits };
    return { samples: this.#samples, faults: this.#faults, end };
  }

  get #now(): number {
    return performance.now() - this.#since;
  }

  get #isBrokenOff(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  /** Quiet spells and storms in turn, with a sample at the end of each quiet spell. */
  async #weather(): Promise<void> {
    const end = this.#now + this.#options.minutes * 60_000;
    const dice = this.#dice.fork("weather");
    const storms = new Storms(this.#stage, dice);
    for (;;) {
      await this.#pass(dice.between(...QUIET_MS));
      await this.#sample();
      if (this.#now >= end || this.#isBrokenOff) return;
      await Promise.all(storms.next().map((fault) => this.#suffer(fault)));
    }
  }

  async #suffer({ name, lastsMs, strike, mend }: Fault): Promise<void> {
    const fromMs = this.#now;
    await strike();
    await this.#pass(lastsMs);
    await mend();
    this.#faults.push({ name, fromMs, toMs: this.#now });
  }

  /** Shorter if the soak is broken off. */
  async #pass(ms: number): Promise<void> {
    const { signal } = this.#options;
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }

  async #sample(): Promise<void> {
    const atMs = this.#now;
    const [workers, servers] = await Promise.all([this.#ask("sample"), this.#servers()]);
    this.#samples.push({ atMs, workers, servers });
    this.#options.onSample?.({ samples: this.#samples, faults: this.#faults });
  }

  /** How all stand once they have come to rest, or when they should have. */
  async #settled(before: readonly Stand[]): Promise<{ after: readonly Stand[]; left: readonly LeftKeys[] }> {
    const deadline = this.#now + SETTLED_MS;
    for (;;) {
      const after = await this.#ask("stand");
      const left = await Promise.all(this.#stage.nodes.map(({ control }) => leftKeys(control)));
      const rest = verdictsOfRest({ before, after, left });
      if (rest.every(({ ok }) => ok) || this.#now > deadline) return { after, left };
      await sleep(500);
    }
  }

  /** Compares what the workers have counted with what the witness kept of it. */
  async #compare(counts: readonly Readonly<Record<string, number>>[]) {
    const sums = new Map<string, number>();
    for (const [key, count] of counts.flatMap((of) => Object.entries(of))) {
      sums.set(key, (sums.get(key) ?? 0) + count);
    }
    const miscounted: string[] = [];
    for (const [key, sum] of sums) {
      const kept = countIn(await this.#stage.witness.get(countOf(key)));
      if (kept !== sum) miscounted.push(`${key}: ${kept} of ${sum}`);
    }
    return { counted: [...sums.values()].reduce((a, b) => a + b, 0), miscounted };
  }

  /** The servers once they have noticed that all workers have gone, or when they should have. */
  async #deserted(): Promise<ServerSample[]> {
    const deadline = this.#now + LEAVING_MS;
    for (;;) {
      const servers = await this.#servers();
      if (this.#now > deadline || servers.every(({ connections }) => connections === 1)) return servers;
      await sleep(100);
    }
  }

  #servers(): Promise<ServerSample[]> {
    return Promise.all(this.#stage.nodes.map(({ control }) => serverSample(control)));
  }

  #ask<Question extends keyof Answers>(question: Question): Promise<Answers[Question][]> {
    return Promise.all(this.#stage.workers.map(({ process }) => process.ask(question)));
  }
}
