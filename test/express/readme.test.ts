import { readFile } from "node:fs/promises";
import * as core from "@redlock-kit/core";
import * as redlockExpress from "@redlock-kit/express";
import express, { type Express } from "express";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "./app.js";

const modules = {
  "@redlock-kit/core": core,
  "@redlock-kit/express": redlockExpress,
  express: { default: express },
};

/** What the README's first example makes, but for the listening. */
async function runExample() {
  const readme = await readFile(new URL("../../packages/express/README.md", import.meta.url), "utf8");
  const code = (/```ts\n([^]*?)```/.exec(readme)?.[1] ?? "")
    .replace(/import (\{[^}]*\}) from ("[^"]+");/g, "const $1 = modules[$2];")
    .replace(/import (\w+) from ("[^"]+");/g, "const { default: $1 } = modules[$2];")
    .replace("app.listen(3000);", "return { app, locks };");
  // The example is the package's own text, and has no types in it.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function("modules", code)(modules) as { app: Express; locks: core.LockManager };
}

test("the README's example books a seat", async () => {
  const { app, locks } = await runExample();
  onTestFinished(() => locks.close());
  const client = await serve(app);
  expect(await client.post("/shows/7/seats/A1/booking")).toMatchObject({
    status: 201,
    json: { seat: "A1", fencingToken: expect.any(Number) },
  });
});
