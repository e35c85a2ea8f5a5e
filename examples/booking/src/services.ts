import { sql } from "kysely";
import { openDatabase } from "./database/open-database.js";
import { SqlSeatStore } from "./database/sql-seat-store.js";
import { BoxOffice } from "./domain/box-office.js";
import { SeatFeed } from "./live/seat-feed.js";
import { Rush } from "./rush/rush.js";
import type { Settings } from "./settings.js";
import { SimulatedPayments } from "./simulated-payments.js";

/** Payments that take so long are told: there is time to see what happens if their process is frozen or ended. */
const TOLD_FROM_MS = 1_000;

/** What both doors open to. */
export interface Services {
  readonly boxOffice: BoxOffice;
  readonly feed: SeatFeed;
  readonly rush: Rush;
  readonly isDatabaseUp: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** @throws StartUpError if there is no such database */
export async function openServices(
  { paymentMs, paymentFailureRate, holdMs }: Settings,
  databaseUrl: string,
): Promise<Services> {
  const database = await openDatabase(databaseUrl);
  const store = new SqlSeatStore(database);
  const payments = new SimulatedPayments({
    delayMs: paymentMs,
    failureRate: paymentFailureRate,
    ...(paymentMs >= TOLD_FROM_MS && { tell: (line) => console.log(`  process ${process.pid}: ${line}`) }),
  });
  return {
    boxOffice: new BoxOffice(store, payments, holdMs),
    feed: new SeatFeed(store),
    rush: new Rush(store),
    isDatabaseUp: () =>
      sql`select 1`.execute(database).then(
        () => true,
        () => false,
      ),
    close: () => database.destroy(),
  };
}
