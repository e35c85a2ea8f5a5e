import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Database, openDatabase } from "../../examples/booking/src/database/open-database.js";
import { type StartedDatabase, startDatabase } from "./databases.js";

/**
 * One embedded database for all tests of a file, and nothing sold or held in it when a test begins. Applications that
 * are given it need not start one of their own, which takes longer than most tests.
 */
export function fileDatabase(): { readonly DATABASE_URL: string } {
  let server: StartedDatabase | undefined;
  let database: Database | undefined;
  beforeAll(async () => {
    server = await startDatabase("embedded");
    database = await openDatabase(server.url);
  });
  beforeEach(async () => {
    await database?.deleteFrom("bookings").execute();
    await database
      ?.updateTable("seats")
      .set({ fence: 0, hold_token: null, held_by: null, held_until: null })
      .execute();
  });
  afterAll(async () => {
    await database?.destroy();
    await server?.stop();
  });
  return {
    get DATABASE_URL() {
      if (server === undefined) throw new Error("The database of this file is started with its first test.");
      return server.url;
    },
  };
}
