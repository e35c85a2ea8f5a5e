// npm run model [-- --long] [-- --story] [-- words of a check's name]: the models of docs/model, checked by spin.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argumentsOf, refuse } from "./arguments.mjs";
import { root, run } from "./run.mjs";

const EX_UNAVAILABLE = 69;
const MODELS = join(root, "docs/model");
const CC = process.env.CC || "cc";

const USAGE = `npm run model [-- --long] [-- --story] [-- --list] [-- words of a check's name]

Has spin check the models of docs/model: all, or those whose names have the words in them.

  --long    also those that take minutes and gigabytes
  --story   tells the shortest way to what is found
  --list    names the checks
`;

const options = argumentsOf(process.argv.slice(2), {
  usage: USAGE,
  flags: ["long", "story", "list"],
  words: true,
});
const words = options.words.join(" ");
requireTools();
const checks = chosen(JSON.parse(readFileSync(join(MODELS, "checks.json"), "utf8")));
if (checks.length === 0)
  refuse(`No check has ${JSON.stringify(words)} in its name; --list and --long name all.`);
if (options.list) for (const check of checks) console.log(titleOf(check));
else await checkAll();

async function checkAll() {
  let failed = 0;
  for (const check of checks) {
    const { trouble, figures, story } = await withFolder((folder) => carryOut(check, folder));
    if (trouble !== undefined) failed++;
    console.log(
      `${trouble === undefined ? "ok    " : "FAILED"} ${titleOf(check)}${figures ? ` (${figures})` : ""}`,
    );
    if (trouble !== undefined) console.log(indented(trouble));
    if (story && (options.story || trouble !== undefined)) console.log(indented(story));
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Those named on the command line, or all, less the long ones. */
function chosen(all) {
  const named = all.filter((check) => titleOf(check) === words);
  if (named.length > 0) return named;
  return all.filter((check) => titleOf(check).includes(words) && (options.long || !check.long));
}

function titleOf({ model, name, expect }) {
  const wrong = expect !== "holds" && expect !== "reached";
  return `${model}: ${name}${wrong ? " (must fail)" : ""}`;
}

/**
 * What is expected to hold is searched exhaustively, depth first, and every step of the model must have been taken. What is
 * expected to be found is searched breadth first, so that its story is the shortest.
 */
async function carryOut({ model, name, define = [], expect, long }, folder) {
  const title = `${model}: ${name}`;
  const file = `${model}.pml`;
  const defines = define.map((one) => `-D${one}`);
  const holds = expect === "holds";
  const within = (command, ...args) =>
    runIn(folder, command === "./pan" ? title : `compiling ${file}`, command, ...args);

  // -o3, since statements that are merged can't be counted.
  const translated = await within("spin", ...defines, "-o3", "-a", join(MODELS, file));
  if (!existsSync(join(folder, "pan.c"))) return { trouble: translated.output };
  const search = holds ? ["-DCOLLAPSE", "-DPEG"] : ["-DBFS"];
  const compiled = await within(
    CC,
    long ? "-O2" : "-O1",
    "-w",
    "-DSAFETY",
    "-DMEMLIM=12000",
    ...search,
    "-o",
    "pan",
    "pan.c",
  );
  if (compiled.code !== 0) return { trouble: compiled.output };
  const since = Date.now();
  const { output } = await within("./pan", `-m${long ? 1_000_000 : 20_000}`, "-w22");
  const seconds = ((Date.now() - since) / 1000).toFixed(1);
  const states = Number(/^ *(\S+) states, stored/m.exec(output)?.[1] ?? 0);
  const megabytes = Math.round(Number(/([\d.]+)\s+total actual memory usage/.exec(output)?.[1] ?? 0));
  const figures = `${states.toLocaleString("en")} states, ${seconds} s, ${megabytes} MB`;

  const errors = /errors: (\d+)/.exec(output)?.[1];
  const isCut = /max search depth too small|Search not completed|out of memory|hash table overflow/.test(
    output,
  );
  if (holds && (errors !== "0" || isCut)) {
    return {
      trouble: errors === "0" ? output : "a counterexample",
      figures,
      story: await storyOf(within, folder, file, defines),
    };
  }
  if (holds) {
    const steps = await within("./pan", "-d");
    return { trouble: neverTaken(steps.output, output), figures };
  }
  if (errors !== "1")
    return { trouble: errors === undefined || isCut ? output : "nothing was found", figures };
  const story = await storyOf(within, folder, file, defines);
  const violated = /^VIOLATED: .*/m.exec(story)?.[0];
  const isExpected = expect === "reached" ? violated === undefined : violated?.includes(expect);
  return {
    trouble: isExpected ? undefined : `found, but not what was expected ("${expect}")`,
    figures,
    story,
  };
}

/** The steps of the model that no run has taken: a search that misses some shows less than it seems to. */
function neverTaken(table, output) {
  const taken = new Set([...output.matchAll(/^\s*\d+\s+trans\s+(\d+) /gm)].map(([, step]) => step));
  const steps = [...table.matchAll(/-\(tr\s+(\d+)\)->.* (\S+:\d+) => D_STEP(\d+)/g)];
  if (steps.length === 0 || taken.size === 0) return `no steps were counted:\n${output}`;
  const missing = steps.filter(([, step]) => !taken.has(step));
  return missing.length === 0
    ? undefined
    : `never taken: the step${missing.length > 1 ? "s" : ""} in line ${missing.map(([, , , line]) => line).join(", ")}`;
}

/** What happened, as the model tells it. */
async function storyOf(within, folder, file, defines) {
  if (!existsSync(join(folder, `${file}.trail`))) return "";
  const { output } = await within("spin", "-T", "-t", ...defines, "-k", `${file}.trail`, join(MODELS, file));
  const noise = /^\s*(spin: |#processes|\d+:\s+proc|\d+ processes created)|^\t/;
  return output
    .split("\n")
    .filter((line) => line !== "" && !noise.test(line))
    .join("\n");
}

function runIn(folder, title, command, ...args) {
  return run("sh", ["-c", 'cd "$1" && shift && exec "$@"', "sh", folder, command, ...args], { title });
}

/** A folder for what spin and the compiler write, which is gone afterwards, whatever happens. */
async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "redlock-kit-model-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    return await work(folder);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

function indented(text) {
  return text.replace(/^/gm, "       ");
}

/** Ends with 69 unless spin and a C compiler can be run. */
function requireTools() {
  const missing = [
    ["spin", "-V"],
    [CC, "--version"],
  ].filter(([command, ...args]) => spawnSync(command, args).status !== 0);
  if (missing.length === 0) return;
  console.error(`The models are checked by spin, which needs a C compiler; ${missing.map(([name]) => `"${name}"`).join(" and ")} can't be run. Install them:

  Debian, Ubuntu, WSL   sudo apt-get update && sudo apt-get install -y spin gcc
  macOS                 brew install spin, and xcode-select --install for the compiler

Another compiler: CC=clang npm run model`);
  process.exit(EX_UNAVAILABLE);
}
