import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { duration } from "../logic/duration.js";
import type { WaitPoint } from "../logic/rush-tally.js";
import { waitHistogram } from "../logic/wait-histogram.js";
import { useDark } from "../state/use-dark.js";
import { kinds } from "./kinds.js";

interface Props {
  readonly points: readonly WaitPoint[];
  /** How many points there are: the list grows in place. */
  readonly answers: number;
}

const HEIGHT = 168;

/** Taller bars are drawn first, and shorter ones over them. */
const layers = kinds.toReversed();

/** How many buyers waited how long, by what they were told in the end. */
export function WaitPlot({ points, answers }: Props) {
  const home = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isDark = useDark();

  useEffect(() => {
    const element = home.current;
    if (!element) return undefined;
    const made = new uPlot(optionsFor(element), dataOf(points), element);
    plot.current = made;
    const resizing = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      made.destroy();
    };
    // The colours are read once, so a change of the scheme makes the plot anew; points come by setData.
  }, [isDark]);

  useEffect(() => plot.current?.setData(dataOf(points)), [points, answers]);

  const longest = points.reduce((most, { waitMs }) => Math.max(most, waitMs), 0);
  const inWords = `Histogram of ${answers} waiting times, the longest of ${duration(longest)}`;
  return (
    <figure class="wait-plot">
      <figcaption>How many buyers waited how long</figcaption>
      <div ref={home} role="img" aria-label={inWords} />
    </figure>
  );
}

/** The bars stand upon each other: each layer is as high as all kinds up to its own. */
function dataOf(points: readonly WaitPoint[]): uPlot.AlignedData {
  const { binMs, counts } = waitHistogram(points);
  const starts = counts.sold.map((_, bin) => bin * binMs);
  // One more, so that the last bar has its full width on the scale.
  const x = [...starts, starts.length * binMs];
  const heightOf = (layer: number, bin: number): number =>
    layers.slice(layer).reduce((sum, { kind }) => sum + (counts[kind][bin] ?? 0), 0);
  return [x, ...layers.map((_, layer) => x.map((_start, bin) => heightOf(layer, bin)))];
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (property: string): string => style.getPropertyValue(property).trim();
  const paths = uPlot.paths.bars?.({ size: [0.86, 64], align: 1, radius: 0.15 });
  const axis: uPlot.Axis = {
    stroke: colour("--muted"),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, _min, max) => [0, Math.max(200, max)] },
      y: { range: (_, _min, max) => [0, Math.max(4, max * 1.05)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 64,
        grid: { show: false },
        values: (_, splits) => splits.map((ms) => (ms === 0 ? "0" : duration(ms))),
      },
      { ...axis, size: 36, space: 32, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
    ],
    series: [
      {},
      ...layers.map(({ colour: property }) => ({
        fill: colour(property),
        width: 0,
        points: { show: false },
        ...(paths && { paths }),
      })),
    ],
  };
}
