import { describe, expect, onTestFinished, test } from "vitest";
import type { Lease } from "@redlock-kit/core";
import { BookingError } from "../../examples/booking/src/domain/booking-error.js";
import type { BoxOffice } from "../../examples/booking/src/domain/box-office.js";
import type { SeatRef } from "../../examples/booking/src/domain/show.js";
import { openExpressDoor } from "../../examples/booking/src/express/open-express-door.js";
import { listen } from "../../examples/booking/src/listen.js";
import { openNestDoor } from "../../examples/booking/src/nest/open-nest-door.js";
import { seatLock } from "../../examples/booking/src/seat-lock.js";
import type { Services } from "../../examples/booking/src/services.js";
import { readSettings } from "../../examples/booking/src/settings.js";
import { bookingPath, holdPath, jsonPost, send } from "./requests.js";

/** An office that has nothing to sell, and notes under which locks it was asked. */
class ClosedOffice {
  readonly asked: { seat: SeatRef; keys: readonly string[] }[] = [];

  book({ showId, seatId }: SeatRef, lease: Lease) {
    this.asked.push({ seat: { showId, seatId }, keys: lease.keys });
    return Promise.reject(new BookingError("NOT_FOUND", "closed"));
  }

  hold({ showId, seatId }: SeatRef, _customer: string, lease: Lease) {
    return this.book({ showId, seatId }, lease);
  }

  expiredHolds() {
    return Promise.resolve([]);
  }
}

describe.each([
  ["nest", openNestDoor],
  ["express", openExpressDoor],
])("the %s door", (_name, openDoor) => {
  test.each(["A1", "A.1", "Row 1", "A:1", "A/1", "{A}", "é"])(
    "locks the seat %j by the key that holds and sweeps use",
    async (seatId) => {
      const boxOffice = new ClosedOffice();
      const services = { boxOffice: boxOffice as unknown as BoxOffice, feed: { close: () => {} } };
      const door = await openDoor(readSettings([], {}), services as unknown as Services);
      onTestFinished(() => door.close());
      const url = await listen(door.server, { port: 0 });
      const headers = { connection: "close", "content-type": "application/json" };
      for (const path of [bookingPath, holdPath]) {
        const init = { ...jsonPost({ customer: "Ada" }), headers };
        expect((await send(url, path(encodeURIComponent(seatId)), init)).status).toBe(404);
      }
      const seat = { showId: "hamlet", seatId };
      expect(boxOffice.asked).toEqual([
        { seat, keys: [seatLock(seat)] },
        { seat, keys: [seatLock(seat)] },
      ]);
    },
  );
});
