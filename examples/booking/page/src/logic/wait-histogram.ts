import type { Kind, WaitPoint } from "./rush-tally.js";

/** Buyers by how long they waited: the bins are equally wide, and the first begins at 0. */
export interface WaitHistogram {
  readonly binMs: number;
  /** How many of each kind there are in each bin. */
  readonly counts: Readonly<Record<Kind, readonly number[]>>;
}

const MOST_BINS = 32;

/** Widths that people can divide by in their heads. */
const WIDTHS_MS = [10, 20, 50, 100, 200, 500, 1000, 2000];

export function waitHistogram(points: readonly WaitPoint[]): WaitHistogram {
  const longest = points.reduce((most, { waitMs }) => Math.max(most, waitMs), 0);
  const binMs =
    WIDTHS_MS.find((width) => longest < width * MOST_BINS) ?? Math.ceil(longest / (MOST_BINS - 1));
  const size = Math.floor(longest / binMs) + 1;
  const none = (): number[] => Array.from({ length: size }, () => 0);
  const counts = {
    sold: none(),
    double: none(),
    taken: none(),
    busy: none(),
    failed: none(),
    unavailable: none(),
  };
  for (const { kind, waitMs } of points) {
    const bin = Math.floor(waitMs / binMs);
    counts[kind][bin] = (counts[kind][bin] ?? 0) + 1;
  }
  return { binMs, counts };
}
