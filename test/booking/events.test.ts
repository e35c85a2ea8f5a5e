import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildBooking, doors, startBooking } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { redisServers, startOnRedis } from "./on-redis.js";
import { book } from "./requests.js";
import { listenToSeats } from "./seat-events.js";

beforeAll(buildBooking);
const database = fileDatabase();

const sold = { showId: "hamlet", seatId: "A1", status: "sold" };

describe.each(doors)("the events of the %s door", (door) => {
  test("tell of sales in another process within a second, and end when the application does", async () => {
    const servers = await redisServers(1);
    const env = { PAYMENT_MS: "0", ...database };
    const [here, there] = await Promise.all([
      startOnRedis(door, servers, env),
      startOnRedis("express", servers, env),
    ]);
    const events = await listenToSeats(here.url);
    expect(events.response.status).toBe(200);
    expect(events.response.headers.get("content-type")).toBe("text/event-stream");

    await book(there.url, "A1");
    const since = performance.now();
    expect(await events.until((told) => told.length > 0)).toEqual([sold]);
    expect(performance.now() - since).toBeLessThan(1_000);

    here.kill("SIGTERM");
    await events.end();
    expect(await here.ended).toBe(0);
  });

  test("tell everybody who listens", async () => {
    const app = await startBooking({
      args: ["--door", door],
      env: { PORT: "0", PAYMENT_MS: "0", ...database },
    });
    onTestFinished(() => app.stop());
    const [first, second] = [await listenToSeats(app.url), await listenToSeats(app.url)];
    await book(app.url, "A1");
    for (const events of [first, second]) {
      expect(await events.until((told) => told.length > 0)).toEqual([sold]);
    }
  });
});
