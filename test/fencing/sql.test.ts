import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf } from "./doc-blocks.js";
import * as example from "./examples/in-sql.js";
import { advancesBeforeItReads, holdsOffFrozenHolders } from "./frozen-holders.js";

let db: PGlite;

beforeAll(async () => {
  db = await PGlite.create();
  await db.exec(codeOf("the table"));
}, 60_000);

afterAll(() => db?.close());

const upsert = async (id: string, text: string, fencingToken: number) => {
  const { rows } = await db.query(codeOf("the upsert"), [id, text, fencingToken]);
  return rows.length === 1;
};

const read = async (id: string) => {
  const { rows } = await db.query<{ body: string }>("SELECT body FROM document WHERE id = $1", [id]);
  return rows[0]?.body;
};

describe("a table with a fence beside its data, written by UPDATE", () => {
  const store = () => ({
    save: (...args: [string, string, number]) => example.save(db, ...args),
    append: (...args: [string, string, number]) => example.append(db, ...args),
    read,
  });
  beforeAll(async () => {
    await db.query("INSERT INTO document (id, body) SELECT unnest($1::text[]), ''", [
      ["late", "twice", "append", "stale"],
    ]);
    return async () => void (await db.query("DELETE FROM document"));
  });
  holdsOffFrozenHolders(store);
  advancesBeforeItReads(store);

  test("has room for the largest token", async () => {
    expect(await example.save(db, "twice", "last", Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(await example.save(db, "twice", "stale", Number.MAX_SAFE_INTEGER - 1)).toBe(false);
  });
});

describe("a table with a fence beside its data, written by upsert", () => {
  holdsOffFrozenHolders(() => ({ save: upsert, read }));
});
