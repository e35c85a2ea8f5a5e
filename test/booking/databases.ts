import { startEmbeddedDatabase } from "../../examples/booking/src/database/embedded-database.js";
import { postgresPrograms, startPostgres } from "../support/postgres-server.js";

export interface StartedDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

export type DatabaseName = "embedded" | "postgres";

/** Why there are no tests with a real Postgres on this machine. */
export const withoutPostgres = postgresPrograms === undefined && "no Postgres is installed on this machine";

/** For `describe.each`: the databases that this machine has. */
export const databases: readonly DatabaseName[] = withoutPostgres ? ["embedded"] : ["embedded", "postgres"];

/** Starts an empty database that several processes can share. */
export async function startDatabase(name: DatabaseName): Promise<StartedDatabase> {
  if (name === "postgres") return startPostgres();
  const embedded = await startEmbeddedDatabase(undefined);
  return { url: embedded.url, stop: () => embedded.close() };
}
