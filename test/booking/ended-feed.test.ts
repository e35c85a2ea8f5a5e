import { expect, onTestFinished, test } from "vitest";
import { openExpressDoor } from "../../examples/booking/src/express/open-express-door.js";
import { listen } from "../../examples/booking/src/listen.js";
import { SeatFeed } from "../../examples/booking/src/live/seat-feed.js";
import { openNestDoor } from "../../examples/booking/src/nest/open-nest-door.js";
import type { SeatStore } from "../../examples/booking/src/domain/seat-store.js";
import type { Services } from "../../examples/booking/src/services.js";
import { readSettings } from "../../examples/booking/src/settings.js";
import { Gate } from "../support/gate.js";
import { send } from "./requests.js";

test.each([
  ["nest", openNestDoor],
  ["express", openExpressDoor],
])(
  "the %s door answers 503 to who wants events of a feed that ends before it begins",
  async (_name, openDoor) => {
    const [asked, answered] = [new Gate(), new Gate()];
    const everySeat = async () => {
      asked.open();
      await answered.opened;
      return [];
    };
    const feed = new SeatFeed({ everySeat } as Partial<SeatStore> as SeatStore);
    const boxOffice = { expiredHolds: async () => [] };
    const door = await openDoor(readSettings([], {}), { feed, boxOffice } as unknown as Services);
    onTestFinished(() => door.close());
    const url = await listen(door.server, { port: 0 });
    const subscribing = send(url, "/api/events", { headers: { connection: "close" } });
    await asked.opened;
    feed.close();
    answered.open();
    const subscribed = await send(url, "/api/events", { headers: { connection: "close" } });
    for (const answer of [await subscribing, subscribed]) {
      expect(answer).toMatchObject({ status: 503, json: { status: 503, code: "ENDING" } });
    }
  },
);
