import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

/*
 * The checks of docs/model, each carried out by scripts/model.mjs, as `npm run model` does. What takes minutes is left to
 * `npm run model -- --long`.
 */

interface Check {
  readonly model: string;
  readonly name: string;
  readonly expect: string;
  readonly define?: readonly string[];
  readonly long?: boolean;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = join(root, "scripts/model.mjs");
const readme = readFileSync(join(root, "docs/model/README.md"), "utf8");
const checks = JSON.parse(readFileSync(join(root, "docs/model/checks.json"), "utf8")) as readonly Check[];
const canCheck = spawnSync(process.execPath, [script, "--list"]).status === 0;
const skipped = canCheck ? "" : " (skipped: spin and a C compiler are not both installed)";

interface Ended {
  readonly code: number;
  readonly output: string;
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  return new Promise((resolve) => {
    const { pid } = execFile(process.execPath, [script, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
    // It takes what the tests beside it leave over: they have clocks to keep up with.
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  });
}

/** What the script calls a check. */
function titleOf({ model, name, expect: expected }: Check): string {
  return `${model}: ${name}${["holds", "reached"].includes(expected) ? "" : " (must fail)"}`;
}

/** A sentence about a check. */
function sentenceOf({ name, expect: expected }: Check): string {
  if (expected === "holds") return name;
  return expected === "reached" ? `it happens: ${name}` : `found wrong: ${name}`;
}

for (const model of new Set(checks.map((check) => check.model))) {
  describe(`the model ${model}${skipped}`, () => {
    const quick = checks.filter((check) => check.model === model && check.long !== true);
    test.skipIf(!canCheck).concurrent.each(quick.map((check) => [sentenceOf(check), check] as const))(
      "%s",
      { timeout: 240_000 },
      async (_sentence, check) => {
        const { code, output } = await run([titleOf(check)]);
        expect(output).toMatch(/^1 passed, 0 failed$/m);
        expect(code).toBe(0);
      },
    );
  });
}

describe("the script of the models", () => {
  test("says how to install what is missing, and ends with 69", async () => {
    const { code, output } = await run([], { ...process.env, PATH: "/nowhere", CC: "no-such-compiler" });
    expect(code).toBe(69);
    expect(output).toMatch(/"spin" and "no-such-compiler" can't be run/);
    expect(output).toMatch(/apt-get install -y spin gcc/);
    expect(output).toMatch(/brew install spin/);
  });

  test.skipIf(!canCheck)(
    `tells the story of what it finds, and leaves nothing behind${skipped}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "model-test-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const { output } = await run(["--story", "exclusion: a node that restarts empty without"], {
        ...process.env,
        TMPDIR: folder,
      });
      expect(output).toMatch(/node 0 restarts empty\n.*\n.*\n.*A has the lock\n *VIOLATED/);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test.skipIf(!canCheck)(`refuses what it does not know${skipped}`, async () => {
    expect(await run(["no such check"])).toEqual({
      code: 2,
      output: 'No check has "no such check" in its name; --list and --long name all.\n',
    });
    expect(await run(["--lung"])).toEqual({ code: 2, output: "There is no option --lung; try --help.\n" });
    expect(await run(["--long=3"])).toEqual({ code: 2, output: '--long takes no value, so not "3".\n' });
  });
});

test("the README of the models names every check, and no two have one name", () => {
  const titles = checks.map(titleOf);
  expect(new Set(titles).size).toBe(titles.length);
  expect(checks.filter(({ name }) => !readme.includes(`| ${name} `))).toEqual([]);
});
