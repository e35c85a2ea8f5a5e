import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { docBlocks } from "./doc-blocks.js";

const root = new URL("../../", import.meta.url);
const examples = "test/fencing/examples";
const blocksIn = (wanted: string) => docBlocks().filter(({ language }) => language === wanted);

test("the TypeScript of docs/fencing.md is what stores.test.ts and sql.test.ts run, all of it", () => {
  const shown = Object.fromEntries(blocksIn("ts").map(({ label, code }) => [label, code]));
  const run = readdirSync(new URL(examples, root)).map((name) => {
    const path = `${examples}/${name}`;
    return [path, readFileSync(new URL(path, root), "utf8")];
  });
  expect(shown).toEqual(Object.fromEntries(run));
});

test("the SQL of docs/fencing.md is what sql.test.ts runs", () => {
  expect(blocksIn("sql").map(({ label }) => label)).toEqual(["the table", "the upsert"]);
});
