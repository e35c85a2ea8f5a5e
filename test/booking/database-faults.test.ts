import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildBooking, doors, startBooking } from "./booking-app.js";
import { bookingsBySeat, databaseBehindProxy } from "./databases.js";
import { book, seatsThatAre, send } from "./requests.js";
import { listenToSeats } from "./seat-events.js";

beforeAll(buildBooking);

describe.each(doors)("the %s door", (door) => {
  test("says 503 while the database is away, and goes on by itself", async () => {
    const { proxy, url: DATABASE_URL } = await databaseBehindProxy();
    const app = await startBooking({
      args: ["--door", door],
      env: { PORT: "0", PAYMENT_MS: "0", DATABASE_URL },
    });
    onTestFinished(() => app.stop());
    const events = await listenToSeats(app.url);

    proxy.refuse();
    proxy.cut();
    const refused = await book(app.url, "A1");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.json).toMatchObject({ status: 503, code: "DATABASE_UNAVAILABLE" });
    expect(await send(app.url, "/api/health")).toMatchObject({
      status: 503,
      json: { code: "UNHEALTHY", locks: "up", database: "down" },
    });

    const stopped = /^ {2}process \d+: The sweep of holds that are over has stopped: [^\n]*ECONN[^\n]*\n$/;
    await expect.poll(() => app.output("stderr"), { timeout: 10_000 }).toMatch(stopped);
    await sleep(2_500);
    expect(app.output("stderr")).toMatch(stopped);

    await proxy.accept();
    await expect.poll(async () => (await book(app.url, "A1")).status, { timeout: 10_000 }).toBe(201);
    expect(await seatsThatAre("sold", app.url)).toEqual(["A1"]);
    expect(await events.until((told) => told.length > 0)).toEqual([
      { showId: "hamlet", seatId: "A1", status: "sold" },
    ]);
    expect((await send(app.url, "/api/health")).status).toBe(200);
    const lines = () => app.output("stderr").split("\n").slice(1);
    await expect
      .poll(lines, { timeout: 10_000 })
      .toEqual([expect.stringMatching(/: The sweep of holds that are over goes on\.$/), ""]);
  });

  test("neither sells twice nor gives money back for a sale whose answer was lost", async () => {
    const { proxy, url: DATABASE_URL, directUrl } = await databaseBehindProxy();
    const app = await startBooking({
      args: ["--door", door],
      env: { PORT: "0", PAYMENT_MS: "1000", DATABASE_URL },
    });
    onTestFinished(() => app.stop());

    // Connections that are there already: nobody can connect while replies are dropped.
    await Promise.all(Array.from({ length: 8 }, () => send(app.url, "/api/shows")));

    const sale = book(app.url, "A1");
    sale.catch(() => {});
    await expect.poll(() => app.output("stdout"), { timeout: 10_000 }).toContain("paying");
    // The sale is written, and nobody is told.
    proxy.apply({ dropReplies: true });
    await expect.poll(() => app.output("stdout"), { timeout: 10_000 }).toContain(": paid");
    await expect.poll(() => bookingsBySeat(directUrl), { timeout: 10_000 }).toEqual({ A1: 1 });
    proxy.apply({});
    proxy.cut();

    expect((await sale).status).toBe(201);
    expect(app.output("stdout")).not.toContain("given back");
    expect(await bookingsBySeat(directUrl)).toEqual({ A1: 1 });
    expect(app.output("stderr")).not.toContain("money");
  });
});
