import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Database, openDatabase } from "../../examples/booking/src/database/open-database.js";
import { SqlSeatStore } from "../../examples/booking/src/database/sql-seat-store.js";
import { databases, type StartedDatabase, startDatabase } from "./databases.js";

function seat(seatId: string) {
  return { showId: "hamlet", seatId };
}

function booking(seatId: string, fencingToken: number) {
  return { id: randomUUID(), ...seat(seatId), customer: "Ada", fencingToken };
}

const overtaken = { code: "OVERTAKEN" };

// What waits behind a transaction there is mixed up with what others wait for: embedded-database.ts.
test("the embedded database has its tables before anybody connects, and whoever opens it begins no transaction", async () => {
  const server = await startDatabase("embedded");
  onTestFinished(() => server.stop());
  const queries = vi.spyOn(pg.Client.prototype, "query");
  onTestFinished(() => queries.mockRestore());
  const opened = await Promise.all([1, 2, 3, 4].map(() => openDatabase(server.url)));
  for (const database of opened) {
    expect(await database.selectFrom("seats").select("id").execute()).toHaveLength(168);
    await database.destroy();
  }
  const texts = queries.mock.calls.map(([text]) => String(text));
  expect(texts.length).toBeGreaterThan(opened.length);
  expect(texts.filter((text) => /begin|transaction/i.test(text))).toEqual([]);
});

describe.each(databases)("the store of seats (%s database)", (name) => {
  let server: StartedDatabase;
  let database: Database;
  let store: SqlSeatStore;

  beforeAll(async () => {
    server = await startDatabase(name);
    database = await openDatabase(server.url);
    store = new SqlSeatStore(database);
  });
  afterAll(async () => {
    await database.destroy();
    await server.stop();
  });

  async function statusOf(seatId: string) {
    return (await store.seats("hamlet")).find(({ id }) => id === seatId)?.status;
  }

  test("has the seats that the shows have, in rows of twelve", async () => {
    expect(await store.shows()).toEqual([
      { id: "hamlet", title: "Hamlet", startsAt: "2030-05-04T19:30:00.000Z", seatCount: 120 },
      { id: "godot", title: "Waiting for Godot", startsAt: "2030-05-05T20:00:00.000Z", seatCount: 48 },
    ]);
    const ids = (await store.seats("godot")).map(({ id }) => id);
    expect([ids[0], ids[11], ids[12], ids[47], ids.length]).toEqual(["A1", "A12", "B1", "D12", 48]);
    await expect(store.seats("macbeth")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(store.advance(seat("Z9"), 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("is brought up to date once, however many processes do it at the same time", async () => {
    const more = await Promise.all([openDatabase(server.url), openDatabase(server.url)]);
    await Promise.all(more.map((one) => one.destroy()));
    expect(await store.shows()).toHaveLength(2);
  });

  test("refuses every write under a token that is older than the newest of the seat, and of that seat only", async () => {
    const newest = 891_000_000_000_005;
    expect(await store.advance(seat("A1"), newest)).toEqual({ isSold: false, hold: undefined });
    const hold = { token: "of Ada", customer: "Ada", forMs: 60_000 };
    await expect(store.advance(seat("A1"), newest - 1)).rejects.toMatchObject(overtaken);
    await expect(store.hold(seat("A1"), hold, newest - 1)).rejects.toMatchObject(overtaken);
    await expect(store.dropHold(seat("A1"), newest - 1)).rejects.toMatchObject(overtaken);
    await expect(store.sell(booking("A1", newest - 1), false)).rejects.toMatchObject(overtaken);
    expect(await statusOf("A1")).toBe("free");

    await store.hold(seat("A1"), hold, newest);
    await store.sell(booking("A1", newest), false);
    await store.sell(booking("A2", 1), false);
    expect([await statusOf("A1"), await statusOf("A2")]).toEqual(["sold", "sold"]);
    expect(await store.advance(seat("A1"), newest)).toEqual({ isSold: true, hold: undefined });
  });

  test("sells a seat once under a lock, even if two had the same turn", async () => {
    await store.sell(booking("B1", 7), false);
    await expect(store.sell(booking("B1", 7), false)).rejects.toMatchObject({ code: "SEAT_SOLD" });
  });

  test("sells a seat any number of times without one", async () => {
    const naive = { ...booking("B2", 0), fencingToken: null };
    for (const id of [randomUUID(), randomUUID()]) await store.sellWithoutTurn({ ...naive, id }, false);
    expect(await statusOf("B2")).toBe("sold");
  });

  test("sells no seat under a lock that was sold without one meanwhile", async () => {
    await store.advance(seat("B3"), 7);
    await store.sellWithoutTurn({ ...booking("B3", 0), fencingToken: null }, false);
    await expect(store.sell(booking("B3", 7), false)).rejects.toMatchObject({ code: "SEAT_SOLD" });
    const sales = await database
      .selectFrom("bookings")
      .select("fencing_token")
      .where("seat_id", "=", "B3")
      .execute();
    expect(sales).toEqual([{ fencing_token: null }]);
  });

  test("sells once what it is told twice, also when both go at the same time", async () => {
    const sale = booking("B4", 7);
    await Promise.all([store.sell(sale, false), store.sell(sale, false)]);
    await store.sell(sale, false);
    const sales = await database.selectFrom("bookings").select("id").where("seat_id", "=", "B4").execute();
    expect(sales).toEqual([{ id: sale.id }]);
  });

  test("sells a seat to one of many who have their turns at the same time", async () => {
    const turns = Array.from({ length: 40 }, async (_, index) => {
      const state = await store.advance(seat("C1"), index + 1);
      if (state.isSold) return "too late";
      await store.sell(booking("C1", index + 1), false);
      return "sold";
    });
    const settled = await Promise.allSettled(turns);
    const sales = settled.filter((turn) => turn.status === "fulfilled" && turn.value === "sold");
    // The last turn can't be overtaken, and finds the seat sold only if somebody else has sold it.
    expect(sales).toHaveLength(1);
    const refusals = settled.flatMap((turn) => (turn.status === "rejected" ? [turn.reason.code] : []));
    expect(new Set([...refusals, "OVERTAKEN", "SEAT_SOLD"])).toEqual(new Set(["OVERTAKEN", "SEAT_SOLD"]));
  });

  test("keeps a hold for as long as it was wanted, and tells which are over", async () => {
    const since = Date.now();
    const end = await store.hold(seat("D1"), { token: "of Ada", customer: "Ada", forMs: 60_000 }, 1);
    expect(Math.abs(end.getTime() - since - 60_000)).toBeLessThan(10_000);
    const { hold } = await store.advance(seat("D1"), 2);
    expect(hold?.token).toBe("of Ada");
    expect(hold?.leftMs).toBeGreaterThan(30_000);
    expect(hold?.leftMs).toBeLessThanOrEqual(60_000);
    expect(await statusOf("D1")).toBe("held");
    expect(await store.expiredHolds()).toEqual([]);

    await store.hold(seat("D2"), { token: "of Bob", customer: "Bob", forMs: 0 }, 1);
    expect(await statusOf("D2")).toBe("free");
    expect(await store.advance(seat("D2"), 2)).toEqual({ isSold: false, hold: undefined });
    expect(await store.expiredHolds()).toEqual([seat("D2")]);
    await store.dropHold(seat("D2"), 2);
    expect(await store.expiredHolds()).toEqual([]);
  });

  test("takes back what rushes have bought, and nothing else", async () => {
    await store.sell(booking("E1", 1), true);
    await store.sell(booking("E2", 1), true);
    await store.sell(booking("E3", 1), false);
    await store.clearRush("hamlet", "E1");
    expect(await Promise.all(["E1", "E2", "E3"].map(statusOf))).toEqual(["free", "sold", "sold"]);
    await store.clearRush("hamlet", undefined);
    expect(await Promise.all(["E1", "E2", "E3"].map(statusOf))).toEqual(["free", "free", "sold"]);
  });
});
