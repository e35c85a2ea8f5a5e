import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { startRedis } from "../support/redis-server.js";
import { page, pages, root } from "./pages.js";
import { type Program, programs, reasonToSkip, typeScriptBlocks } from "./programs.js";

const COMPILER_OPTIONS = {
  noEmit: true,
  composite: false,
  declarationMap: false,
  tsBuildInfoFile: null,
  rootDir: "/",
  typeRoots: [join(root, "test/node_modules/@types")],
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  // An example may show how something is got without using it.
  noUnusedLocals: false,
  noUnusedParameters: false,
};

/** A project that sees the workspace's packages and whatever the tests depend on. */
async function projectOf(files: readonly Program[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "redlock-kit-docs-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const tsconfig = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: COMPILER_OPTIONS,
    include: ["*.ts"],
  };
  await Promise.all([
    symlink(join(root, "test/node_modules"), join(folder, "node_modules")),
    writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" })),
    writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig)),
    ...files.map(({ name, source }) => writeFile(join(folder, name), source)),
  ]);
  return folder;
}

/** What the compiler has to say of the pages; what it says of the packages' sources is for `npm run check`. */
function complaints(folder: string): Promise<string> {
  const tsc = join(root, "node_modules/.bin/tsc");
  return new Promise((resolve) => {
    execFile(tsc, ["-p", folder, "--pretty", "false"], { cwd: folder }, (_error, stdout, stderr) =>
      resolve((stdout + stderr).replace(/^\.\..*\n(?: .*\n)*/gm, "")),
    );
  });
}

test("every TypeScript block of every page type-checks", async () => {
  const files = pages().flatMap(programs);
  expect(files.length).toBeGreaterThan(10);
  expect(await complaints(await projectOf(files))).toBe("");
});

test("a mistake in a block is found, at its line of the page", async () => {
  const lines = ["# Page", "```ts", 'import { memoryNode } from "@redlock-kit/core";', "```", "```ts"];
  const broken = { path: "a.md", lines: [...lines, "memoryNode({ nmae: 1 });", "```"] };
  expect(await complaints(await projectOf(programs(broken)))).toMatch(/^a\.1\.ts\(6,14\): error TS2353/);
});

test("a block that is not checked says why", () => {
  const unclear = pages().flatMap((of) =>
    typeScriptBlocks(of)
      .filter((block) => block.info !== "ts" && reasonToSkip(block) === undefined)
      .map(({ info, line }) => `${of.path}:${line} ${info}`),
  );
  expect(unclear).toEqual([]);
});

test("the core's README runs from top to bottom, and its process ends by itself", async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const files = programs(page("packages/core/README.md")).map(({ name, source }) => ({
    name,
    source: source.replaceAll("redis://localhost:6379", server.url),
  }));
  expect(files.length).toBeGreaterThan(0);
  const folder = await projectOf(files);
  for (const { name } of files) {
    const process = forkWorker(pathToFileURL(join(folder, name)));
    expect(await once(process, "exit")).toEqual([0, null]);
  }
});
