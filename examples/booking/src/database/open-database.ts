import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, Migrator, PostgresDialect } from "kysely";
import pg from "pg";
import { StartUpError } from "../start-up-error.js";
import { migrations } from "./migrations.js";
import type { Schema } from "./schema.js";
import { soundConnections } from "./sound-connections.js";

const CONNECTIONS = 10;
/** The server undoes what takes longer, and says so. */
const STATEMENT_MS = 8_000;
/** Later than that: without its answer nobody knows what became of the statement. The embedded one has no such timeout. */
const ANSWER_MS = 10_000;
/** A database that is started at the same time may need so long. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 250;
const MIGRATION_TRIES = 5;

export type Database = Kysely<Schema>;

/**
 * Connects to a Postgres and brings its tables up to date, which several processes may do at the same time.
 *
 * @throws StartUpError if there is no such database
 */
export async function openDatabase(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: ANSWER_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
  });
  // A connection that breaks is replaced, and whoever was asking over it learns of it by the statement. These events
  // come beside that, and would end the process if nobody listened.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  try {
    await answers(pool);
    const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: soundConnections(pool) }) });
    await migrate(db);
    return db;
  } catch (error) {
    await pool.end();
    throw new StartUpError(`DATABASE_URL: ${reasonOf(error)}`);
  }
}

/** Processes that do it for the first time at the same moment can get in each other's way before they have a lock. */
async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  // Mostly there is nothing to do, for which Kysely would open a transaction all the same: see embedded-database.ts.
  if ((await migrator.getMigrations()).every(({ executedAt }) => executedAt !== undefined)) return;
  for (let tries = 1; ; tries += 1) {
    const { error } = await migrator.migrateToLatest();
    if (error === undefined) return;
    if (!(error instanceof pg.DatabaseError) || tries === MIGRATION_TRIES) {
      throw error instanceof Error ? error : new Error(reasonOf(error));
    }
    await sleep(PAUSE_MS * Math.random());
  }
}

async function answers(pool: pg.Pool): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await pool.query("select 1");
      return;
    } catch (error) {
      const isUp = error instanceof pg.DatabaseError && error.code !== "57P03";
      if (isUp || performance.now() > until) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** In one line, and without the URL, which may hold a password. */
function reasonOf(error: unknown): string {
  // Node's, when every address of a host refuses.
  const errors = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return errors
    .map((each) => (each instanceof Error ? each.message : String(each)).replaceAll("\n", " "))
    .join("; ");
}
