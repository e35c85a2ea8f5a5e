import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Locked } from "@redlock-kit/nestjs";
import { expect, onTestFinished, test, vi } from "vitest";
import { thrown } from "../bad-input/refused.js";
import { codeSpans, page, root, section, tableRows } from "../docs/pages.js";
import { programs } from "../docs/programs.js";
import { build } from "../packaging/consumer.js";
import { freePort } from "../support/free-port.js";
import { startReaper } from "../support/reaper.js";

/** Compiles a program with the metadata of its decorators, which the loader of workers does not write. */
async function compile(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "redlock-kit-readme-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const compilerOptions = {
    composite: false,
    declarationMap: false,
    tsBuildInfoFile: null,
    rootDir: "/",
    outDir: "out",
    noCheck: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    typeRoots: [join(root, "test/node_modules/@types")],
  };
  await Promise.all([
    symlink(join(root, "test/node_modules"), join(folder, "node_modules")),
    writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" })),
    writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.base.json"), compilerOptions, files: ["main.ts"] }),
    ),
    writeFile(join(folder, "main.ts"), source),
  ]);
  await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", folder], { cwd: folder });
  return join(folder, "out", folder, "main.js");
}

test("the table of options has all that @Locked takes, and no others", () => {
  const rows = tableRows(section(page("packages/nestjs/README.md"), "Methods and keys"));
  const { message } = thrown(() => Locked("report", { unknown: 1 } as object), "ERR_LOCK_INVALID_ARGUMENT");
  const known = /known are (.*)\)$/.exec(message)?.[1]?.split(", ");
  const named = rows.flatMap(([first = ""]) => codeSpans(first)).filter((name) => !name.startsWith("{"));
  expect(named.sort()).toEqual(known?.sort());
});

test("the program of the first two minutes books a seat", { timeout: 60_000 }, async () => {
  const [first] = programs(page("packages/nestjs/README.md"));
  const port = await freePort();
  const program = (first?.source ?? "").replace("app.listen(3000)", `app.listen(${port}, "127.0.0.1")`);
  await build();
  const server = spawn(process.execPath, [await compile(program)], { stdio: "ignore" });
  const reaper = startReaper();
  reaper.watch(server.pid);
  onTestFinished(async () => {
    server.kill();
    await reaper.close();
  });
  const book = () => fetch(`http://127.0.0.1:${port}/shows/7/seats/A1/booking`, { method: "POST" });

  const answer = await vi.waitFor(book, { timeout: 30_000, interval: 200 });

  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ seatId: "A1", fencingToken: expect.any(Number) as number });
});
