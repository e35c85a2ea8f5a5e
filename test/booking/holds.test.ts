import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildBooking, doors, startBooking } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { redisServers } from "./on-redis.js";
import { listenToSeats } from "./seat-events.js";
import { holdPath, bookingPath, type Answer, book, jsonPost, seatsThatAre, send } from "./requests.js";

beforeAll(buildBooking);
const database = fileDatabase();

function hold(url: string, seatId: string, customer = "Ada"): Promise<Answer> {
  return send(url, holdPath(seatId), jsonPost({ customer }));
}

function pay(url: string, seatId: string, holdToken: unknown, customer = "Ada"): Promise<Answer> {
  return send(url, bookingPath(seatId), jsonPost({ customer, holdToken }));
}

function drop(url: string, seatId: string, holdToken: unknown): Promise<Answer> {
  return send(url, holdPath(seatId), { ...jsonPost({ holdToken }), method: "DELETE" });
}

test("a seat that is held behind one door is paid for behind the other, by the hold's token alone", async () => {
  const [redis] = await redisServers(1);
  const env = { PORT: "0", REDIS_URLS: redis?.url ?? "", PAYMENT_MS: "0", ...database };
  const [nest, express] = await Promise.all(
    doors.map(async (door) => {
      const app = await startBooking({ args: ["--door", door], env });
      onTestFinished(() => app.stop());
      return app.url;
    }),
  );
  const [first, second] = [nest ?? "", express ?? ""];

  for (const [here, there, seatId] of [
    [first, second, "A1"],
    [second, first, "A2"],
  ] as const) {
    const held = await hold(here, seatId);
    expect(held.status).toBe(201);
    const { holdToken, expiresAt, fencingToken } = held.json;
    expect(held.json).toEqual({
      holdToken: expect.stringMatching(/^\S{20,}$/),
      expiresAt: new Date(expiresAt as string).toISOString(),
      fencingToken: expect.any(Number),
    });
    expect(await seatsThatAre("held", there)).toEqual([seatId]);

    for (const refused of [await book(there, seatId, "Bob"), await hold(there, seatId, "Bob")]) {
      expect(refused.status).toBe(423);
      expect(refused.headers.get("content-type")).toBe("application/problem+json");
      expect(refused.json).toMatchObject({ code: "SEAT_HELD", status: 423 });
      const seconds = Number(refused.headers.get("retry-after"));
      expect(seconds).toBeGreaterThan(60);
      expect(seconds).toBeLessThanOrEqual(120);
    }
    expect(await drop(there, seatId, "somebody else's")).toMatchObject({
      status: 409,
      json: { code: "NOT_YOUR_HOLD" },
    });

    const paid = await pay(there, seatId, holdToken);
    expect(paid.status).toBe(201);
    expect(paid.json.fencingToken).toBeGreaterThan(fencingToken as number);
    expect(await seatsThatAre("held", here)).toEqual([]);
    expect((await hold(here, seatId)).json).toMatchObject({ code: "SEAT_SOLD", status: 409 });
  }
  expect(await seatsThatAre("sold", first)).toEqual(["A1", "A2"]);
});

describe.each(doors)("a hold behind the %s door", (door) => {
  async function start(env: Record<string, string>) {
    const app = await startBooking({ args: ["--door", door], env: { PORT: "0", ...database, ...env } });
    onTestFinished(() => app.stop());
    return app.url;
  }

  test("is over after HOLD_MS, and listeners learn of it", async () => {
    const url = await start({ HOLD_MS: "700", PAYMENT_MS: "0" });
    const events = await listenToSeats(url);
    const held = await hold(url, "A1");
    expect((await book(url, "A1", "Bob")).status).toBe(423);
    const told = await events.until((all) => all.length === 2);
    const seat = { showId: "hamlet", seatId: "A1" };
    expect(told).toEqual([
      { ...seat, status: "held" },
      { ...seat, status: "free" },
    ]);
    expect((await book(url, "A1", "Bob")).status).toBe(201);
    expect((await pay(url, "A1", held.json.holdToken)).status).toBe(409);
  });

  test("is given up by its token, and outlasts a payment that failed", async () => {
    const url = await start({ PAYMENT_MS: "0", PAYMENT_FAILURE_RATE: "1" });
    const { holdToken } = (await hold(url, "A1")).json;
    expect((await pay(url, "A1", holdToken)).status).toBe(402);
    expect(await seatsThatAre("held", url)).toEqual(["A1"]);
    const dropped = await drop(url, "A1", holdToken);
    expect([dropped.status, dropped.text]).toEqual([204, ""]);
    expect(await seatsThatAre("held", url)).toEqual([]);
    expect((await drop(url, "A1", holdToken)).status).toBe(409);
  });
});
