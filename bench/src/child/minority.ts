import { setTimeout as sleep } from "node:timers/promises";
import { type ContestantId, contestants } from "../contestants/all.js";
import type { Contestant } from "../contestants/contestant.js";
import { collectedHeap } from "./collected-heap.js";
import { connect } from "./connect.js";

export interface MinoritySetting {
  readonly contestant: ContestantId;
  /** Whether clients give up at once on a server that is away, in place of keeping commands for it. */
  readonly failFast: boolean;
  /** Nodes that stay well. */
  readonly wellPorts: readonly number[];
  /** Nodes of which the last is struck later. */
  readonly struckPorts: readonly number[];
}

const TTL_MS = 10_000;
const KEYS = 64;
/** An acquire that takes so long has no answer. */
const ANSWER_LIMIT_MS = 6_000;
const ENOUGH_MS = 2_000;
const NO_ANSWER = Symbol("no answer");

/** The same library over nodes that are well and over nodes of which one is struck, taking turns in one process. */
export async function minority({ contestant, failFast, wellPorts, struckPorts }: MinoritySetting) {
  const kind = contestants[contestant];
  const sides = {
    well: await kind.open(await connect(wellPorts, failFast), TTL_MS),
    struck: await kind.open(await connect(struckPorts, failFast), TTL_MS),
  };
  return {
    /** Latencies of pairs in microseconds, one after the other; fewer when time is up, undefined when one got no answer. */
    async latencies(side: "well" | "struck", pairs: number): Promise<Float64Array | undefined> {
      const latencies = new Float64Array(pairs);
      const end = performance.now() + ENOUGH_MS;
      for (let i = 0; i < pairs; i++) {
        const start = performance.now();
        if (start > end) return latencies.slice(0, i);
        if ((await withinLimit(onePair(sides[side], `key:${i % KEYS}`))) === NO_ANSWER) return undefined;
        latencies[i] = (performance.now() - start) * 1_000;
      }
      return latencies;
    },
    /** Many in flight on the struck side, and what they leave on the heap. */
    async growth(
      inFlight: number,
      ms: number,
    ): Promise<{ pairs: number; failures: number; heapBytes: number; rssBytes: number }> {
      await flood(sides.struck, inFlight, Math.min(1_000, ms / 2));
      const heap = await collectedHeap();
      const rss = process.memoryUsage.rss();
      const { pairs, failures } = await flood(sides.struck, inFlight, ms);
      const rssBytes = process.memoryUsage.rss() - rss;
      return { pairs, failures, heapBytes: (await collectedHeap()) - heap, rssBytes };
    },
  };
}

async function onePair(contestant: Contestant, key: string): Promise<void> {
  const release = await contestant.acquire(key);
  await release();
}

async function withinLimit(work: Promise<void>): Promise<typeof NO_ANSWER | void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof NO_ANSWER>((resolve) => {
    timer = setTimeout(() => resolve(NO_ANSWER), ANSWER_LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function flood(
  contestant: Contestant,
  inFlight: number,
  ms: number,
): Promise<{ pairs: number; failures: number }> {
  const end = performance.now() + ms;
  let pairs = 0;
  let failures = 0;
  const worker = async (number: number): Promise<void> => {
    while (performance.now() < end) {
      try {
        await onePair(contestant, `flood:${number}`);
        pairs++;
      } catch {
        failures++;
        await sleep(1);
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => worker(number)));
  return { pairs, failures };
}
