import { sql } from "kysely";
import { onTestFinished } from "vitest";
import { startEmbeddedDatabase } from "../../examples/booking/src/database/embedded-database.js";
import { openDatabase } from "../../examples/booking/src/database/open-database.js";
import { postgresPrograms, startPostgres } from "../support/postgres-server.js";
import { startTcpProxy } from "../support/tcp-proxy.js";

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

/** An embedded database of the running test with a proxy before it, for connections that go wrong. */
export async function databaseBehindProxy() {
  const database = await startDatabase("embedded");
  onTestFinished(() => database.stop());
  const proxy = await startTcpProxy(Number(new URL(database.url).port));
  onTestFinished(() => proxy.stop());
  return {
    proxy,
    /** Through the proxy. */
    url: database.url.replace(/:\d+\//, `:${proxy.port}/`),
    /** Past it. */
    directUrl: database.url,
  };
}

/** How often each seat that is sold was sold. */
export async function bookingsBySeat(url: string): Promise<Record<string, number>> {
  const database = await openDatabase(url);
  try {
    const rows = await database
      .selectFrom("bookings")
      .select(["seat_id", sql<number>`count(*)::int`.as("count")])
      .groupBy("seat_id")
      .execute();
    return Object.fromEntries(rows.map(({ seat_id, count }) => [seat_id, count]));
  } finally {
    await database.destroy();
  }
}
