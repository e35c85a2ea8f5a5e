import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Database, openDatabase } from "../../examples/booking/src/database/open-database.js";
import { SqlSeatStore } from "../../examples/booking/src/database/sql-seat-store.js";
import { sellPaid } from "../../examples/booking/src/domain/sale.js";
import { StoreUnavailable } from "../../examples/booking/src/domain/store-unavailable.js";
import { Gate } from "../support/gate.js";
import { databaseBehindProxy, startDatabase, withoutPostgres } from "./databases.js";

const A1 = { showId: "hamlet", seatId: "A1" };

async function open(url: string): Promise<Database> {
  const database = await openDatabase(url);
  onTestFinished(() => database.destroy());
  return database;
}

/** Locks a row of the database until the test says so. */
async function lockRow(database: Database): Promise<() => void> {
  const [locked, enough] = [new Gate(), new Gate()];
  const transaction = database.transaction().execute(async (trx) => {
    await sql`select 1 from seats where show_id = ${A1.showId} and id = ${A1.seatId} for update`.execute(trx);
    locked.open();
    await enough.opened;
  });
  transaction.catch(() => {});
  await locked.opened;
  return () => enough.open();
}

describe.skipIf(withoutPostgres)(
  "a Postgres that takes too long",
  () => {
    test("undoes the sale, whose money is given back, and the next statement need not wait", async () => {
      const server = await startDatabase("postgres");
      onTestFinished(() => server.stop());
      const store = new SqlSeatStore(await open(server.url));
      await store.shows();
      const unlock = await lockRow(await open(server.url));

      const booking = { id: randomUUID(), ...A1, customer: "Ada", fencingToken: 1 };
      let isGivenBack = false;
      const refund = async () => void (isGivenBack = true);
      await expect(sellPaid(booking, { refund }, () => store.sell(booking, false))).rejects.toThrow(
        StoreUnavailable,
      );
      expect(isGivenBack).toBe(true);

      const since = performance.now();
      await store.shows();
      expect(performance.now() - since).toBeLessThan(4_000);
      unlock();
      expect(await store.advance(A1, 2)).toEqual({ isSold: false, hold: undefined });
    });
  },
  40_000,
);

test("a connection over which no answer came is not used again", async () => {
  const { proxy, url } = await databaseBehindProxy();
  const store = new SqlSeatStore(await open(url));
  await store.shows();
  const [connection] = proxy.connections;
  connection?.apply({ dropReplies: true });
  await expect(store.shows()).rejects.toThrow(StoreUnavailable);
  const since = performance.now();
  await store.shows();
  expect(performance.now() - since).toBeLessThan(4_000);
}, 40_000);
