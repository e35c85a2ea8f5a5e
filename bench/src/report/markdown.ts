import type { Verdict } from "../bars.js";
import type { Case, Measurement, Scenario } from "../case.js";
import { contestants } from "../contestants/all.js";
import type { Machine } from "./machine.js";
import { number } from "./number.js";

/** All that a run has brought. */
export interface Results {
  readonly date: string;
  readonly minutes: number;
  /** Too short to be worth much. */
  readonly quick: boolean;
  readonly machine: Machine;
  readonly measurements: readonly Measurement[];
}

/** The page about a run; `plots` has the pictures' paths by the names of their cases. */
export function report(
  { date, minutes, quick, machine, measurements }: Results,
  cases: readonly Case[],
  verdicts: readonly Verdict[],
  plots: ReadonlyMap<string, string>,
): string {
  const measured = cases.filter(({ name }) => measurements.some(({ case: of }) => of === name));
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    "# Benchmarks",
    "",
    "`npm run bench` measures on your machine, on real redis-servers that it starts and ends; `npm run bench -- --write` writes this " +
      "page and its pictures. Nothing below is written by hand, and a bar that was missed is shown as missed.",
    "",
    ...(quick ? ["**A quick run, to see that everything works: its figures are worth little.**", ""] : []),
    `- ${date}, ${number(minutes, 0)} minutes`,
    `- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}; everything on one machine, over loopback`,
    `- Node ${machine.node}, ${machine.server}`,
    `- ${packages.join(", ")}`,
    "",
    "## The bars",
    "",
    "What the kit must reach; of several scenarios the one that comes off worst. Values are rounded to three decimals first.",
    "",
    ...verdictTable(verdicts, measured),
    ...measured.flatMap((of) => ["", ...section(of, measurements, plots.get(of.name))]),
    "",
    "## The libraries",
    "",
    "Over ioredis clients as they ship, one a node. Nothing else was set than this, so that nobody loses by giving up early or by " +
      'polling seldom ("10 ms"):',
    "",
    ...table(
      ["library", "settings"],
      Object.values(contestants).map(({ name, settings }) => [name, settings]),
    ),
    "",
  ].join("\n");
}

/** The verdicts, as lines of a table. */
export function verdictTable(verdicts: readonly Verdict[], cases: readonly Case[]): string[] {
  const titles = new Map(cases.map(({ name, title }) => [name, title]));
  return table(
    ["", "", "bar", "worst", "in", ""],
    verdicts.map(({ bar, measured, met, worst }) => {
      const where = bar.where === undefined ? "" : ` (${circumstances(bar.where)})`;
      const limit = shownValue(worst.limit);
      const sign = bar.limit === "ahead of all" || "atLeast" in bar.limit ? "at least" : "at most";
      const all = measured === 1 ? "" : ` (${met} of ${measured})`;
      return [
        `${titles.get(bar.case) ?? bar.case}${where}`,
        bar.what,
        bar.limit !== "ahead of all" && "atMost" in bar.limit && worst.limit === 0
          ? "none"
          : `${sign} ${limit}`,
        shownValue(worst.value),
        circumstances(worst.scenario),
        met === measured ? `met${all}` : `**missed**${all}`,
      ];
    }),
  );
}

function section(of: Case, measurements: readonly Measurement[], plot: string | undefined): string[] {
  const rows = measurements.filter(({ case: name }) => name === of.name);
  const circumstance = [...new Set(rows.flatMap(({ scenario }) => Object.keys(scenario)))];
  const columns = of.columns.filter(({ figure }) =>
    rows.some(({ figures }) => figures[figure] !== undefined),
  );
  const remarks = rows.some(({ remark }) => remark !== undefined);
  return [
    `## ${of.title}`,
    "",
    of.method,
    "",
    ...(plot === undefined ? [] : [`![${of.plot?.title ?? of.title}](${plot})`, ""]),
    ...table(
      ["", ...circumstance, ...columns.map(({ title }) => title), ...(remarks ? ["remark"] : [])],
      rows.map(({ contestant, scenario, figures, remark }) => [
        contestants[contestant].name,
        ...circumstance.map((name) => String(scenario[name] ?? "")),
        ...columns.map(({ figure, digits }) => number(figures[figure], digits)),
        ...(remarks ? [oneLine(remark ?? "")] : []),
      ]),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** An error's message may be long and have any characters in it. */
function oneLine(remark: string): string {
  return remark.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 120);
}

function circumstances(scenario: Scenario): string {
  return Object.entries(scenario)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function shownValue(value: number | undefined): string {
  return value === undefined ? number(value, 0) : value.toLocaleString("en", { maximumFractionDigits: 3 });
}
