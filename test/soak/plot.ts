import { clock } from "./progress.js";
import type { RunRecord } from "./run-record.js";

/* Middle tones: legible on a white page and on a dark one. */
const INK = "#7a828e";
const FAULT = "#d9822b";
const LINES = ["#2f81f7", "#3fb950", "#a371f7", "#db61a2", "#39c5cf"];

const WIDTH = 860;
const LEFT = 70;
const RIGHT = 20;
const PANEL = 170;
const GAP = 46;
const TOP = 34;
const MARKS = 4;

interface Panel {
  readonly title: string;
  /** One line for each worker or node: a value for each sample. */
  readonly lines: readonly (readonly number[])[];
}

type Place = (value: number) => number;

/** The heap of each worker and the keys of each node over time, with the times of faults in the background. */
export function plotOf({ samples, faults }: RunRecord): string {
  const times = samples.map(({ atMs }) => atMs);
  const end = Math.max(1, ...times, ...faults.map(({ toMs }) => toMs));
  const x: Place = (ms) => LEFT + (ms / end) * (WIDTH - LEFT - RIGHT);
  const heaps = samples.map(({ workers }) => workers.map(({ heapUsed }) => heapUsed / 1e6));
  const keys = samples.map(({ servers }) => servers.map((server) => server.keys));
  const panels: Panel[] = [
    { title: "heap of each worker after a collection, MB", lines: columns(heaps) },
    {
      title: "keys of each node: none when it restarts; a counter of fencing tokens lives for an hour",
      lines: columns(keys),
    },
  ];
  const height = TOP + panels.length * (PANEL + GAP);
  const shades = shadesOf(faults.map(({ fromMs, toMs }) => [x(fromMs), x(toMs)]));
  const parts = panels.flatMap(({ title, lines }, i) => {
    const top = TOP + i * (PANEL + GAP);
    const background = shades.map(
      ([from, to]) =>
        `<rect x="${from.toFixed(1)}" y="${top}" width="${(to - from).toFixed(1)}" height="${PANEL}" fill="${FAULT}" opacity="0.15"/>`,
    );
    return [
      text(LEFT, top - 8, title, `font-weight="600"`),
      ...background,
      ...curves(lines, top, times.map(x)),
    ];
  });
  const marks = Array.from({ length: MARKS + 1 }, (_, i) => (i / MARKS) * end);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="A soak of ${clock(end)}">`,
    `<g font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    ...parts,
    ...marks.map((ms) => text(x(ms), height - GAP + 16, clock(ms), `text-anchor="middle"`)),
    text(LEFT, height - 8, `${faults.length} faults, shaded`, `fill="${FAULT}"`),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function columns(rows: readonly (readonly number[])[]): number[][] {
  return (rows[0] ?? []).map((_, i) => rows.flatMap((row) => row.slice(i, i + 1)));
}

/** What touches on the paper is one: after a night there are thousands. */
function shadesOf(spans: readonly (readonly [from: number, to: number])[]): (readonly [number, number])[] {
  const shades: (readonly [number, number])[] = [];
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    const [start, end] = shades.at(-1) ?? [-Infinity, -Infinity];
    if (from - end < 0.5) shades.splice(-1, 1, [start, Math.max(end, to)]);
    else shades.push([from, Math.max(to, from + 0.5)]);
  }
  return shades;
}

/** Lines over a scale that begins at zero, or a change of a percent would look like a landslide. */
function curves(lines: Panel["lines"], top: number, xs: readonly number[]): string[] {
  const most = Math.max(1, ...lines.map((values) => Math.max(0, ...values)));
  const step = roundStep(most / MARKS);
  const ceiling = step * Math.ceil(most / step);
  const y: Place = (value) => top + PANEL - (value / ceiling) * PANEL;
  const scale: string[] = [];
  for (let value = 0; value <= ceiling; value += step) {
    const at = y(value);
    scale.push(
      `<line x1="${LEFT}" y1="${at.toFixed(1)}" x2="${WIDTH - RIGHT}" y2="${at.toFixed(1)}" stroke="${INK}" stroke-width="0.5" opacity="0.4"/>`,
      text(LEFT - 8, at + 4, value.toLocaleString("en"), `text-anchor="end"`),
    );
  }
  const drawn = lines.map((values, i) => {
    const points = values.map((value, at) => `${xs[at]?.toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${LINES[i % LINES.length]}" stroke-width="1.5"/>`;
  });
  return [...scale, ...drawn];
}

/** The next of 1, 2, 5, 10, 20 … that is no smaller. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= least * 0.999) ?? 10 * power;
}

function text(x: number, y: number, content: string, more: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`;
}
