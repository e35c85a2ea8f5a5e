/** A bar chart, lying, with its bars in groups. */
export interface BarChart {
  readonly title: string;
  readonly groups: readonly BarGroup[];
  /** `log` starts at a power of ten below the smallest value above zero. */
  readonly scale: "linear" | "log";
  /** A line across all bars, with what it means. */
  readonly target?: { readonly value: number; readonly label: string };
}

interface BarGroup {
  readonly label: string;
  readonly bars: readonly {
    readonly label: string;
    /** undefined: there is nothing to show. */
    readonly value: number | undefined;
    readonly text: string;
    /** Set off from the others. */
    readonly own: boolean;
  }[];
}

/* Middle tones: legible on a white page and on a dark one. */
const INK = "#7a828e";
const OWN = "#2f81f7";
const OTHER = "#9aa4af";
const TARGET = "#d9822b";

const WIDTH = 760;
const LABELS = 230;
const VALUES = 90;
const ROW = 20;
const GROUP = 30;
const TOP = 58;

export function barChart({ title, groups, scale, target }: BarChart): string {
  const values = groups.flatMap(({ bars }) =>
    bars.flatMap(({ value }) => (value === undefined ? [] : [value])),
  );
  const place = axis(target === undefined ? values : [...values, target.value], scale);
  const parts: string[] = [];
  let y = TOP;
  for (const { label, bars } of groups) {
    parts.push(text(0, y + 12, label, `font-weight="600"`));
    y += GROUP - 8;
    for (const one of bars) {
      const length = one.value === undefined ? 0 : place(one.value);
      parts.push(
        text(LABELS - 10, y + 13, one.label, `text-anchor="end"${one.own ? ` font-weight="600"` : ""}`),
        `<rect x="${LABELS}" y="${y + 2}" width="${length.toFixed(1)}" height="${ROW - 5}" rx="2" fill="${one.own ? OWN : OTHER}"/>`,
        text(LABELS + length + 6, y + 13, one.text),
      );
      y += ROW;
    }
    y += 8;
  }
  const height = y + 6;
  const line = target === undefined ? "" : targetLine(LABELS + place(target.value), y, target.label);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<g font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    text(0, 18, title, `font-size="15" font-weight="600"`),
    ...parts,
    line,
    "</g>",
    "</svg>",
    "",
  ]
    .filter((part, i, all) => part !== "" || i === all.length - 1)
    .join("\n");
}

/** From a value to a length. */
function axis(values: readonly number[], scale: BarChart["scale"]): (value: number) => number {
  const room = WIDTH - LABELS - VALUES;
  const most = Math.max(...values, Number.MIN_VALUE);
  if (scale === "linear") return (value) => (Math.max(0, value) / most) * room;
  const low = Math.floor(Math.log10(Math.min(most, ...values.filter((value) => value > 0)))) - 0.3;
  const span = Math.log10(most) - low;
  return (value) => (value <= 0 ? 0 : Math.max(1, ((Math.log10(value) - low) / span) * room));
}

function targetLine(x: number, bottom: number, label: string): string {
  const at = x.toFixed(1);
  return [
    `<line x1="${at}" y1="${TOP - 12}" x2="${at}" y2="${bottom}" stroke="${TARGET}" stroke-width="1.5" stroke-dasharray="4 3"/>`,
    text(x, TOP - 18, label, `text-anchor="middle" fill="${TARGET}"`),
  ].join("\n");
}

function text(x: number, y: number, content: string, more = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y}"${more === "" ? "" : ` ${more}`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
