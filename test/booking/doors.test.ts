import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { badRequests, bodyOf } from "./bad-requests.js";
import { type BookingApp, buildBooking, doors, startBooking } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { book, bookingPath, countByStatus, jsonPost, seatsThatAre, send } from "./requests.js";

beforeAll(buildBooking);
const database = fileDatabase();

describe.each(doors)("the %s door", (door) => {
  let app: BookingApp;
  beforeAll(async () => {
    app = await startBooking({ args: ["--door", door], env: { PORT: "0", PAYMENT_MS: "30", ...database } });
  });
  afterAll(() => app.stop());

  test("shows what is on, with one show of 120 free seats at least", async () => {
    const { status, headers, json } = await send(app.url, "/api/shows");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.has("x-powered-by")).toBe(false);
    const shows = json.shows as { id: string; title: string; startsAt: string; seatCount: number }[];
    for (const show of shows) {
      expect(show).toEqual({
        id: expect.stringMatching(/./),
        title: expect.stringMatching(/./),
        startsAt: new Date(show.startsAt).toISOString(),
        seatCount: (await seatsOf(show.id)).length,
      });
    }
    expect(shows.map(({ seatCount }) => seatCount)).toContain(120);
  });

  async function seatsOf(showId: string) {
    const { json } = await send(app.url, `/api/shows/${showId}/seats`);
    return json.seats as { id: string; status: string }[];
  }

  test("sells a seat once, to the customer who asked first", async () => {
    const first = await book(app.url, "A1", "Ada");
    expect(first.status).toBe(201);
    expect(first.json).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      showId: "hamlet",
      seatId: "A1",
      customer: "Ada",
      fencingToken: expect.any(Number),
    });
    const second = await book(app.url, "A1", "Bob");
    expect(second.status).toBe(409);
    expect(second.json).toMatchObject({ status: 409, code: "SEAT_SOLD", instance: bookingPath("A1") });
    expect(await seatsThatAre("sold", app.url)).toEqual(["A1"]);
  });

  test("sells the seat of the same name in another show", async () => {
    const path = bookingPath("A1").replace("hamlet", "godot");
    expect((await send(app.url, path, jsonPost({ customer: "Ada" }))).status).toBe(201);
  });

  test("sells one seat to one of 200 who ask at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => book(app.url, "B1", `buyer ${n}`)),
    );
    const { 201: sold, 409: late = 0, 423: busy = 0, ...others } = countByStatus(answers);
    expect(others).toEqual({});
    expect([sold, late + busy]).toEqual([1, 199]);
    // Nobody was overtaken: that would be a lock that does not lock, and the fencing that saved the seat.
    const codes = new Set(answers.map(({ json }) => json.code));
    codes.delete(undefined);
    codes.delete("ERR_LOCK_HELD");
    expect([...codes]).toEqual(["SEAT_SOLD"]);
  });

  test("takes a customer of 100 characters, a body of 16 KB, and members that it does not know", async () => {
    const customer = "😀".repeat(100);
    expect((await book(app.url, "C1", customer)).json).toMatchObject({ seatId: "C1", customer });
    expect((await send(app.url, bookingPath("C2"), jsonPost(bodyOf(16 * 1024)))).status).toBe(201);
    const more = jsonPost({ customer: "Ada", more: 1 });
    expect((await send(app.url, bookingPath("C3"), more)).status).toBe(201);
  });

  test.each(badRequests)("answers $what with $status $code", async ({ path, init, status, code }) => {
    const answer = await send(app.url, path, init);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.json).toEqual({
      type: "about:blank",
      title: expect.stringMatching(/./),
      status,
      detail: expect.stringMatching(/\.$/),
      instance: path.replace(/\?.*/, ""),
      code,
    });
    expect(answer.status).toBe(status);
  });

  test("says which methods an address knows", async () => {
    const [seats, booking] = [
      await send(app.url, "/api/shows", { method: "POST" }),
      await send(app.url, bookingPath("A1")),
    ];
    expect([seats.headers.get("allow"), booking.headers.get("allow")]).toEqual(["GET, HEAD", "POST"]);
    expect((await send(app.url, "/api/shows", { method: "HEAD" })).status).toBe(200);
  });

  test("lets clients guess no type, keep no JSON, and keep for good what has a digest in its name", async () => {
    const page = await send(app.url, "/");
    const [script = ""] = /\/assets\/[^"]+\.js/.exec(page.text) ?? [];
    const answers = await Promise.all(
      ["/api/shows", "/api/nothing", "/", "/favicon.svg", script].map((path) => send(app.url, path)),
    );
    expect(answers.map(({ headers }) => headers.get("cache-control"))).toEqual([
      "no-store",
      "no-store",
      "no-cache",
      "no-cache",
      "public, max-age=31536000, immutable",
    ]);
    const sniffing = answers.map(({ headers }) => headers.get("x-content-type-options"));
    expect(sniffing).toEqual(answers.map(() => "nosniff"));
  });

  test("is healthy with its node and its database in memory, and says who answers", async () => {
    const { status, headers, json } = await send(app.url, "/api/health");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      locks: "up",
      nodes: [{ state: "ready", voting: true }],
      database: "up",
      server: { pid: app.pid, door },
    });
    expect(headers.get("x-served-by")).toBe(String(app.pid));
  });

  async function appOfTest(env: Record<string, string>) {
    const own = await startBooking({ args: [`--door=${door}`], env: { PORT: "0", ...database, ...env } });
    onTestFinished(() => own.stop());
    return own;
  }

  test("sells all 120 seats to 120 who ask at once, side by side", async () => {
    const { url } = await appOfTest({ PAYMENT_MS: "500" });
    const seats = await seatsThatAre("free", url);
    expect(seats).toHaveLength(120);
    const since = performance.now();
    const answers = await Promise.all(seats.map((seat) => book(url, seat)));
    // One after the other they would take a minute.
    expect(performance.now() - since).toBeLessThan(20_000);
    expect(countByStatus(answers)).toEqual({ 201: 120 });
    expect(await seatsThatAre("sold", url)).toEqual(seats);
  });

  test("leaves a seat free whose payment failed", async () => {
    const { url } = await appOfTest({ PAYMENT_MS: "0", PAYMENT_FAILURE_RATE: "1" });
    for (const customer of ["Ada", "Bob"]) {
      const { status, headers, json } = await book(url, "A1", customer);
      expect(status).toBe(402);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(json).toMatchObject({ code: "PAYMENT_FAILED", status: 402 });
    }
    expect(await seatsThatAre("sold", url)).toEqual([]);
  });

  test("answers 423 with Retry-After to who waited in vain for somebody else's payment", async () => {
    const { url } = await appOfTest({ PAYMENT_MS: "60000" });
    // Who of them pays is open; that one gets no answer before the test has ended.
    const answers = ["Ada", "Bob"].map((customer) => book(url, "A1", customer));
    void Promise.allSettled(answers);
    const busy = await Promise.race(answers);
    expect(busy.status).toBe(423);
    expect(busy.headers.get("content-type")).toBe("application/problem+json");
    expect(Number(busy.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(busy.json).toMatchObject({ status: 423, code: "ERR_LOCK_HELD", instance: bookingPath("A1") });
  });
});
