import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BookingApp, buildBooking, doors, startBooking } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { book, jsonPost, seatsThatAre, send } from "./requests.js";

beforeAll(buildBooking);
const database = fileDatabase();

interface BuyerEvent {
  readonly outcome: string;
  readonly doubleSold: boolean;
  readonly status: number;
}

describe.each(doors)("a rush behind the %s door", (door) => {
  let app: BookingApp;
  beforeAll(async () => {
    app = await startBooking({ args: ["--door", door], env: { PORT: "0", PAYMENT_MS: "50", ...database } });
  });
  afterAll(() => app.stop());

  function rush(order: object, headers: Record<string, string> = {}) {
    const init = jsonPost({ showId: "hamlet", ...order });
    const all = new Headers(init.headers);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    return send(app.url, "/api/rush", { ...init, headers: all });
  }

  test("at one seat without the lock sells it twice and more, with the lock once; and so again", async () => {
    for (let round = 0; round < 2; round += 1) {
      const naive = await rush({ seatId: "A1", buyers: 40, lock: false });
      expect(naive.status).toBe(200);
      expect(naive.json.doubleSold).toBeGreaterThan(0);
      expect(naive.json.doubleSold).toBe((naive.json.sold as number) - 1);

      const locked = await rush({ seatId: "A1", buyers: 40, lock: true });
      expect(locked.json).toMatchObject({ sold: 1, refused: 39, doubleSold: 0, servers: { [app.pid]: 40 } });
      const { taken, busy } = locked.json.refusals as Record<string, number>;
      expect((taken ?? 0) + (busy ?? 0)).toBe(39);
      expect(locked.json.handOffs).toBe(taken);
      const { p50, p99 } = locked.json.waitMs as Record<"p50" | "p99", number>;
      expect(p50).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
    }
    expect(await seatsThatAre("sold", app.url)).toEqual(["A1"]);
    expect((await clear("hamlet")).status).toBe(204);
    expect(await seatsThatAre("sold", app.url)).toEqual([]);
    expect((await clear("macbeth")).status).toBe(404);
  });

  function clear(showId: string) {
    return send(app.url, "/api/rush", { ...jsonPost({ showId }), method: "DELETE" });
  }

  test("at the whole hall spares the seats that people have", async () => {
    expect((await book(app.url, "C3", "Ada")).status).toBe(201);
    const { json } = await rush({ buyers: 240, lock: true });
    expect(json).toMatchObject({ sold: 119, refused: 121, doubleSold: 0 });
    expect(await seatsThatAre("free", app.url)).toEqual([]);
    // The next one begins with the seats that this one has bought.
    expect((await rush({ seatId: "C3", buyers: 2, lock: false })).json).toMatchObject({
      sold: 0,
      refused: 2,
    });
    expect((await rush({ seatId: "C4", buyers: 1, lock: true })).json).toMatchObject({ sold: 1 });
  });

  test("tells of every buyer as it comes to whoever wants a stream", async () => {
    const { headers, text } = await rush(
      { seatId: "D1", buyers: 10, lock: false },
      { accept: "text/event-stream" },
    );
    expect(headers.get("content-type")).toBe("text/event-stream");
    const events = [...text.matchAll(/^event: (\w+)\ndata: (.+)$/gm)];
    const buyers = events
      .filter(([, name]) => name === "buyer")
      .map(([, , data]) => JSON.parse(data ?? "") as BuyerEvent);
    expect(buyers).toHaveLength(10);
    const last = events.at(-1);
    expect(last?.[1]).toBe("result");
    const result = JSON.parse(last?.[2] ?? "") as { sold: number; doubleSold: number };
    expect(buyers.filter(({ outcome, status }) => outcome === "sold" && status === 201)).toHaveLength(
      result.sold,
    );
    expect(buyers.filter(({ doubleSold }) => doubleSold)).toHaveLength(result.doubleSold);
    expect(result.doubleSold).toBeGreaterThan(0);
  });

  test.each([
    ["text/event-stream;q=0", "application/json; charset=utf-8"],
    ["application/json, text/event-stream;q=0.5", "application/json; charset=utf-8"],
    ["*/*", "application/json; charset=utf-8"],
    ["TEXT/EVENT-STREAM", "text/event-stream"],
    ["text/event-stream, */*;q=0.1", "text/event-stream"],
  ])("answers %j with %s", async (accept, type) => {
    const { headers } = await rush({ seatId: "F1", buyers: 1, lock: true }, { accept });
    expect(headers.get("content-type")).toBe(type);
  });

  test("is refused while another one at the same show is under way", async () => {
    const both = await Promise.all([
      rush({ seatId: "E1", buyers: 5, lock: true }),
      rush({ seatId: "E2", buyers: 5, lock: true }),
    ]);
    const [first, second] = both.toSorted((a, b) => a.status - b.status);
    expect(first?.status).toBe(200);
    expect(second).toMatchObject({ status: 423, json: { code: "ERR_LOCK_HELD" } });
  });
});
