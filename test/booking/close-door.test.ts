import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { closeDoor } from "../../examples/booking/src/close-door.js";
import { doors } from "./booking-app.js";
import { openSellingDoor } from "./open-door.js";
import { book } from "./requests.js";

describe.each(doors)("the %s door, closed", (name) => {
  test("ends with the last request, though its client would keep the connection", async () => {
    const { door, payment } = await openSellingDoor(name, 100);
    await closeDoor(door);
    expect((await payment).status).toBe(201);
  });

  test("refuses who waits for a lock, and lets the one who has it end", async () => {
    const { door, url, payment } = await openSellingDoor(name, 500);
    const arrived = once(door.server, "request");
    const waiting = book(url, "A1", "Bob");
    await arrived;
    await closeDoor(door);
    expect((await payment).status).toBe(201);
    expect(await waiting).toMatchObject({ status: 503, json: { code: "ERR_LOCK_CLOSED" } });
  });
});
