import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { root } from "../../docs/pages.js";
import type { Outcome } from "../scenes/outcome.js";
import { settings } from "../scenes/run-settings.js";
import { tableOf } from "./table.js";

export const PAGE = "docs/guarantees.md";
const BEGIN = "<!-- faults:begin -->";
const END = "<!-- faults:end -->";

/** Prints what came out of a run in one table, and puts it into docs/guarantees.md if `FAULTS_WRITE` is set. */
class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const outcomes = tests.flatMap((test) => test.meta().outcome ?? []);
    if (outcomes.length === 0) return;
    const text = [...describeRun(outcomes), "", ...tableOf(outcomes)];
    const unfinished = tests.filter((test) => test.result().state === "failed" && !test.meta().outcome);
    process.once("exit", () => console.log(`\n${text.join("\n")}\n`));
    if (process.env.FAULTS_WRITE !== "1") return;
    if (unfinished.length > 0)
      console.error(`${PAGE} is left as it is: ${unfinished.length} scenes came to no end.`);
    else write(text);
  }
}

function describeRun(outcomes: readonly Outcome[]): string[] {
  const { stdout } = spawnSync(process.env.REDIS_SERVER || "redis-server", ["--version"], {
    encoding: "utf8",
  });
  const server = /^(\S+) server v=(\S+)/.exec(stdout);
  const { rounds, seed } = settings;
  const software = `Node ${process.versions.node}, ${server === null ? "an unknown server" : `${server[1]} ${server[2]}`}`;
  const day = new Date().toISOString().slice(0, 10);
  const granted = outcomes.reduce((sum, { acquisitions }) => sum + acquisitions, 0);
  return [
    `${day}, ${software}: ${outcomes.length} scenes, ${granted.toLocaleString("en")} locks granted;`,
    `\`npm run test:faults -- --rounds ${rounds} --seed ${seed}\`.`,
  ];
}

function write(text: readonly string[]): void {
  const path = join(root, PAGE);
  const page = readFileSync(path, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${PAGE} has no place for the table`);
  writeFileSync(path, `${page.slice(0, begin)}${[BEGIN, "", ...text, "", ""].join("\n")}${page.slice(end)}`);
}

// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter by its default export
export default TableReporter;
