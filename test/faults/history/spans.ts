import type { Span } from "./history.js";

/** How much of a span lies within others, which do not overlap. */
export function overlapOf({ from, to }: Span, spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0);
}

/** When at least so many of several each have a span. */
export function whenAtLeast(count: number, each: readonly (readonly Span[])[]): Span[] {
  const edges = each
    .flat()
    .flatMap(({ from, to }) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at);
  const found: Span[] = [];
  let now = 0;
  let from = 0;
  for (const { at, by } of edges) {
    if (by === 1 && now === count - 1) from = at;
    if (by === -1 && now === count) found.push({ from, to: at });
    now += by;
  }
  return found;
}
