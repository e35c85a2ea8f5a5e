import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { onTestFinished } from "vitest";
import type { Door } from "../../examples/booking/src/door.js";
import { openExpressDoor } from "../../examples/booking/src/express/open-express-door.js";
import { listen } from "../../examples/booking/src/listen.js";
import { openNestDoor } from "../../examples/booking/src/nest/open-nest-door.js";
import { openServices } from "../../examples/booking/src/services.js";
import { type DoorName, readSettings } from "../../examples/booking/src/settings.js";
import { startDatabase } from "./databases.js";
import { type Answer, book } from "./requests.js";

const openers = { nest: openNestDoor, express: openExpressDoor };

export interface SellingDoor {
  readonly door: Door;
  readonly url: string;
  /** Of Ada, for the seat A1. */
  readonly payment: Promise<Answer>;
}

/** A door in this process, behind which somebody is paying: its lock is taken. It ends with the test. */
export async function openSellingDoor(
  name: DoorName,
  paymentMs: number,
  init?: RequestInit,
): Promise<SellingDoor> {
  const database = await startDatabase("embedded");
  const settings = readSettings([], { PAYMENT_MS: String(paymentMs) });
  const services = await openServices(settings, database.url);
  const door = await openers[name](settings, services);
  onTestFinished(async () => {
    door.server.closeAllConnections();
    await door.close();
    await services.close();
    await database.stop();
  });
  // The client is told, and would keep its connections for as long.
  door.server.keepAliveTimeout = 600_000;
  const url = await listen(door.server, { port: 0 });
  const acquired = lockAcquired();
  const payment = book(url, "A1", "Ada", init);
  payment.catch(() => {});
  await acquired;
  return { door, url, payment };
}

/** Settles when a lock is acquired in this process. */
function lockAcquired(): Promise<void> {
  return new Promise((resolve) => {
    const channel = "tracing:redlock-kit:acquire:asyncEnd";
    const listener = () => {
      unsubscribe(channel, listener);
      resolve();
    };
    subscribe(channel, listener);
  });
}
