import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BARS, judge } from "./bars.js";
import { cases } from "./cases/all.js";
import { type ContestantId, contestants } from "./contestants/all.js";
import { thisMachine } from "./report/machine.js";
import { report, type Results, verdictTable } from "./report/markdown.js";
import { plotOf } from "./report/plots.js";
import { runJobs } from "./run-jobs.js";

const USAGE = `npm run bench -- [--quick] [--only CASE,…] [--contestants NAME,…] [--json FILE] [--from FILE] [--write]

  --quick         a smoke test of every case; its figures are worth little
  --only          cases: ${cases.map(({ name }) => name).join(", ")}
  --contestants   ${Object.keys(contestants).join(", ")}
  --json          where the results go (bench/dist/results.json)
  --from          results of an earlier run, in place of a new one
  --write         docs/benchmarks.md and docs/plots
`;

const root = fileURLToPath(new URL("../..", import.meta.url));

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    contestants: { type: "string" },
    json: { type: "string", default: join(root, "bench/dist/results.json") },
    from: { type: "string" },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (options.help) {
  console.log(USAGE);
} else if (options.write && (options.only ?? options.contestants) !== undefined) {
  console.error("--write needs the whole benchmark: without --only and --contestants.");
  process.exitCode = 2;
} else {
  const results = options.from === undefined ? await measure() : await earlier(options.from);
  const verdicts = judge(BARS, results.measurements);
  if (verdicts.length > 0) console.log(`\n${verdictTable(verdicts, cases).join("\n")}`);
  if (options.from === undefined) await save(results);
  if (options.write) await write(results);
}

async function measure(): Promise<Results> {
  const chosen = chosenFrom(
    "--only",
    options.only,
    cases.map(({ name }) => name),
  );
  const ids = chosenFrom("--contestants", options.contestants, Object.keys(contestants)) as ContestantId[];
  const start = performance.now();
  const measurements = await runJobs(
    cases.filter(({ name }) => chosen.includes(name)),
    ids,
    options.quick,
  );
  return {
    date: new Date().toISOString().slice(0, 10),
    minutes: (performance.now() - start) / 60_000,
    quick: options.quick,
    machine: thisMachine(),
    measurements,
  };
}

function chosenFrom(option: string, text: string | undefined, all: readonly string[]): readonly string[] {
  if (text === undefined) return all;
  const names = text.split(",");
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length === 0) return names;
  console.error(`${option}: there is no ${unknown.join(", ")}; there are ${all.join(", ")}`);
  process.exit(2);
}

async function earlier(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, "utf8")) as Results;
}

async function save(results: Results): Promise<void> {
  await mkdir(dirname(options.json), { recursive: true });
  await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(`\nThe results are in ${relative(process.cwd(), options.json)}.`);
}

async function write(results: Results): Promise<void> {
  const plots = new Map<string, string>();
  await mkdir(join(root, "docs/plots"), { recursive: true });
  for (const of of cases) {
    const svg = plotOf(of, results.measurements);
    if (svg === undefined) continue;
    plots.set(of.name, `plots/${of.name}.svg`);
    await writeFile(join(root, "docs", `plots/${of.name}.svg`), svg);
  }
  const page = join(root, "docs/benchmarks.md");
  const isNew = !existsSync(page);
  await writeFile(page, report(results, cases, judge(BARS, results.measurements), plots));
  console.log(`${isNew ? "Made" : "Wrote"} docs/benchmarks.md and ${plots.size} plots.`);
}
