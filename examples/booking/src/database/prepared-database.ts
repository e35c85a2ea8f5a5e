import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";

/** The data of a fresh database, beside what was built. Making it takes nine tenths of a start. */
const PREPARED = fileURLToPath(new URL("../../dist/prepared-database.tar", import.meta.url));

/** Opens a fresh database in memory, and is quick from the second time on. */
export async function openInMemory(): Promise<PGlite> {
  const prepared = await readFile(PREPARED).catch(() => undefined);
  if (prepared !== undefined) {
    try {
      return await PGlite.create({ loadDataDir: new Blob([prepared]) });
    } catch {
      // Of another version, perhaps: it is made anew.
    }
  }
  const db = await PGlite.create();
  // Where nothing can be written every start takes as long as this one.
  await keep(db).catch(() => {});
  return db;
}

/** Whole or not at all, since others may start at the same time. */
async function keep(db: PGlite): Promise<void> {
  const data = await db.dumpDataDir("none");
  const draft = `${PREPARED}.${process.pid}`;
  try {
    await writeFile(draft, Buffer.from(await data.arrayBuffer()));
    await rename(draft, PREPARED);
  } finally {
    await rm(draft, { force: true });
  }
}
