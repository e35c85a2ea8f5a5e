import { once } from "node:events";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { StartUpError } from "../start-up-error.js";
import { lockDataDir } from "./data-dir-lock.js";
import { openDatabase } from "./open-database.js";
import { openInMemory } from "./prepared-database.js";

const MOST_CONNECTIONS = 200;

export interface EmbeddedDatabase {
  /** For this process and those that it starts. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a Postgres inside this process, on a free port of the loopback interface, with all tables.
 *
 * It has one session for all clients, and keeps the messages of a statement together only as long as nobody waits behind
 * a transaction: those who do are mixed up with each other, and get each other's rows. So no client may open one, and
 * the tables, which are made in one, are made before there is a second client.
 *
 * @param dataDir where it keeps its data, for one process at a time; by default in memory, for as long as it runs
 * @throws StartUpError if the folder can't be used
 */
export async function startEmbeddedDatabase(dataDir: string | undefined): Promise<EmbeddedDatabase> {
  const giveBack = dataDir === undefined ? () => {} : lockDataDir(dataDir);
  const opening = dataDir === undefined ? openInMemory() : PGlite.create({ dataDir });
  const db = await opening.catch((error: unknown) => {
    giveBack();
    if (dataDir === undefined) throw error;
    // Some of its errors say nothing at all.
    const reason = (error as Partial<Error> | undefined)?.message ?? "no database can be opened there";
    throw new StartUpError(`DATA_DIR ${dataDir} can't be used: ${reason}`);
  });
  const server = new PGLiteSocketServer({ db, host: "127.0.0.1", port: 0, maxConnections: MOST_CONNECTIONS });
  const listening = once(server, "listening") as Promise<[CustomEvent<{ port: number }>]>;
  await server.start();
  const [{ detail }] = await listening;
  const url = `postgres://postgres@127.0.0.1:${detail.port}/postgres`;
  const first = await openDatabase(url);
  await first.destroy();
  return {
    url,
    async close() {
      await server.stop();
      await db.close();
      giveBack();
    },
  };
}
