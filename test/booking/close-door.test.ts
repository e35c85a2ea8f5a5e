import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { closeDoor } from "../../examples/booking/src/close-door.js";
import { openExpressDoor } from "../../examples/booking/src/express/open-express-door.js";
import { listen } from "../../examples/booking/src/listen.js";
import { openNestDoor } from "../../examples/booking/src/nest/open-nest-door.js";
import { readSettings } from "../../examples/booking/src/settings.js";
import { book } from "./requests.js";

describe.each([
  { name: "nest", openDoor: openNestDoor },
  { name: "express", openDoor: openExpressDoor },
])("the $name door, closed", ({ openDoor }) => {
  async function openWithPayment(paymentMs: number) {
    const door = await openDoor(readSettings([], { PAYMENT_MS: String(paymentMs) }));
    onTestFinished(() => door.server.closeAllConnections());
    const url = await listen(door.server, 0);
    const acquired = lockAcquired();
    const payment = book(url, "A1", "Ada");
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

  test("ends with the last request, though its client would keep the connection", async () => {
    const { door, payment } = await openWithPayment(100);
    door.server.keepAliveTimeout = 600_000;
    await closeDoor(door);
    expect((await payment).status).toBe(201);
  });

  test("refuses who waits for a lock, and lets the one who has it end", async () => {
    const { door, url, payment } = await openWithPayment(500);
    const arrived = once(door.server, "request");
    const waiting = book(url, "A1", "Bob");
    await arrived;
    await closeDoor(door);
    expect((await payment).status).toBe(201);
    expect(await waiting).toMatchObject({ status: 503, json: { code: "ERR_LOCK_CLOSED" } });
  });
});
