import type { Sample } from "./run-record.js";
import { median, outerThirds, spread } from "./trend.js";
import { megabytes, type Verdict } from "./verdict.js";

/** What comes before it is compiling and getting to know keys and nodes. */
const WARM_UP = { share: 1 / 5, mostMs: 120_000 };

/**
 * By how much the middle of the last third may lie above that of the first. Under this load a worker moves by 0.2 to 0.4 MB
 * from sample to sample with what it has in hand, and gains 0.8 MB in its first ten minutes: heap snapshots show that to be
 * code which is compiled late, and nothing else. Twice as much is beyond both, and little: within a quarter of an hour a
 * worker gets there by 30 bytes a lock, overnight by one.
 */
const TOLERANCE_BYTES = 2e6;

/** Whether the memory of each worker stays what it is. */
export function memoryVerdicts(samples: readonly Sample[]): Verdict[] {
  const end = samples.at(-1)?.atMs ?? 0;
  const warm = samples.filter(({ atMs }) => atMs >= Math.min(end * WARM_UP.share, WARM_UP.mostMs));
  return (samples[0]?.workers ?? []).map((_, i) => {
    const [first, last] = outerThirds(warm.flatMap(({ workers }) => workers.slice(i, i + 1)));
    const memory = [first, last].map((third) => third.map(({ heapUsed, buffers }) => heapUsed + buffers));
    const [before = 0, after = 0] = memory.map(median);
    const locks = median(last.map((sample) => sample.locks)) - median(first.map((sample) => sample.locks));
    const growth = after - before;
    const figures = [
      `${megabytes(before)} in the first third, ${megabytes(after)} in the last`,
      `give or take ${megabytes(spread(memory[1] ?? []))}`,
      `${(growth / Math.max(1, locks)).toFixed(1)} bytes a lock`,
      `at most ${megabytes(TOLERANCE_BYTES)} more`,
      `rss ${megabytes(median(last.map(({ rss }) => rss)))}`,
    ];
    return {
      title: `the memory of worker ${i + 1} stays as it is`,
      ok: growth <= TOLERANCE_BYTES,
      figures: figures.join(", "),
    };
  });
}
