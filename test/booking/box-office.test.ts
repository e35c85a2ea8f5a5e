import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../examples/booking/src/database/open-database.js";
import { SqlSeatStore } from "../../examples/booking/src/database/sql-seat-store.js";
import { BoxOffice } from "../../examples/booking/src/domain/box-office.js";
import type { Order } from "../../examples/booking/src/domain/booking.js";
import { SimulatedPayments } from "../../examples/booking/src/simulated-payments.js";
import { Gate } from "../support/gate.js";
import { type StartedDatabase, startDatabase } from "./databases.js";

const HOLD_MS = 60_000;
const never = new AbortController().signal;

function order(customer: string, seatId: string, holdToken?: string): Order {
  return { showId: "hamlet", seatId, customer, holdToken };
}

function turn(fencingToken: number) {
  return { fencingToken, signal: never };
}

describe("the box office", () => {
  let server: StartedDatabase;
  let database: Database;
  let store: SqlSeatStore;

  beforeAll(async () => {
    server = await startDatabase("embedded");
    database = await openDatabase(server.url);
    store = new SqlSeatStore(database);
  });
  afterAll(async () => {
    await database.destroy();
    await server.stop();
  });

  /** A box office whose payments begin and end as the test says. */
  function openBoxOffice() {
    const [paying, paid] = [new Gate(), new Gate()];
    const payments = {
      refunded: [] as string[],
      charged: [] as string[],
      async charge({ customer }: Order) {
        payments.charged.push(customer);
        paying.open();
        await paid.opened;
        return { refund: async () => void payments.refunded.push(customer) };
      },
    };
    return { office: new BoxOffice(store, payments, HOLD_MS), payments, paying, paid };
  }

  async function statusOf(seatId: string) {
    return (await store.seats("hamlet")).find(({ id }) => id === seatId)?.status;
  }

  test("refuses the sale of whoever was overtaken while paying, and gives the money back", async () => {
    const { office, payments, paying, paid } = openBoxOffice();
    const frozen = office.book(order("Ada", "A1"), turn(1));
    await paying.opened;
    const quick = openBoxOffice();
    quick.paid.open();
    expect(await quick.office.book(order("Bob", "A1"), turn(2))).toMatchObject({
      customer: "Bob",
      fencingToken: 2,
    });

    paid.open();
    await expect(frozen).rejects.toMatchObject({ code: "OVERTAKEN" });
    expect(payments.refunded).toEqual(["Ada"]);
    expect(quick.payments.refunded).toEqual([]);
    expect(await statusOf("A1")).toBe("sold");
  });

  test("takes no money from whoever was overtaken before paying, or for a seat that is sold", async () => {
    const { office, payments, paid } = openBoxOffice();
    paid.open();
    await store.advance({ showId: "hamlet", seatId: "A2" }, 2);
    await expect(office.book(order("Ada", "A2"), turn(1))).rejects.toMatchObject({ code: "OVERTAKEN" });
    await office.book(order("Bob", "A2"), turn(2));
    await expect(office.book(order("Ada", "A2"), turn(3))).rejects.toMatchObject({ code: "SEAT_SOLD" });
    expect(payments.charged).toEqual(["Bob"]);
  });

  test("sells a seat twice to two who come without a turn while one is paying", async () => {
    const { office, payments, paid } = openBoxOffice();
    const both = ["Ada", "Bob"].map((customer) => office.bookWithoutTurn(order(customer, "A3"), never));
    await expect.poll(() => payments.charged).toHaveLength(2);
    paid.open();
    expect(await Promise.all(both)).toMatchObject([{ fencingToken: null }, { fencingToken: null }]);
    await expect(office.bookWithoutTurn(order("Eve", "A3"), never)).rejects.toMatchObject({
      code: "SEAT_SOLD",
    });
    await expect(office.book(order("Eve", "A3"), turn(1))).rejects.toMatchObject({ code: "SEAT_SOLD" });
  });

  test("keeps a held seat for its holder, whose payment may fail", async () => {
    const { office, payments, paid } = openBoxOffice();
    paid.open();
    const seat = { showId: "hamlet", seatId: "B1" };
    const { holdToken, expiresAt, fencingToken } = await office.hold(seat, "Ada", turn(1));
    expect(fencingToken).toBe(1);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + HOLD_MS / 2);
    expect(await statusOf("B1")).toBe("held");

    for (const stranger of [order("Bob", "B1"), order("Bob", "B1", "no such hold")]) {
      const refusal = await office.book(stranger, turn(2)).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "SEAT_HELD" });
      expect((refusal as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(HOLD_MS / 2);
    }
    await expect(office.hold(seat, "Ada", turn(3))).rejects.toMatchObject({ code: "SEAT_HELD" });
    await expect(office.bookWithoutTurn(order("Bob", "B1"), never)).rejects.toMatchObject({
      code: "SEAT_HELD",
    });
    expect(payments.charged).toEqual([]);

    const declining = new BoxOffice(store, new SimulatedPayments({ delayMs: 0, failureRate: 1 }), HOLD_MS);
    await expect(declining.book(order("Ada", "B1", holdToken), turn(4))).rejects.toMatchObject({
      code: "PAYMENT_FAILED",
    });
    expect(await statusOf("B1")).toBe("held");
    await office.book(order("Ada", "B1", holdToken), turn(5));
    expect(await statusOf("B1")).toBe("sold");
  });

  test("lets a hold be given up by its holder alone, and once", async () => {
    const { office } = openBoxOffice();
    const seat = { showId: "hamlet", seatId: "B2" };
    const { holdToken } = await office.hold(seat, "Ada", turn(1));
    const notYours = { code: "NOT_YOUR_HOLD" };
    await expect(office.dropHold(seat, "a guess", turn(2))).rejects.toMatchObject(notYours);
    expect(await statusOf("B2")).toBe("held");
    await office.dropHold(seat, holdToken, turn(3));
    expect(await statusOf("B2")).toBe("free");
    await expect(office.dropHold(seat, holdToken, turn(4))).rejects.toMatchObject(notYours);
  });

  test("ends a hold that is over, and none that was begun meanwhile", async () => {
    const seat = { showId: "hamlet", seatId: "B3" };
    const { office } = openBoxOffice();
    await store.hold(seat, { token: "of Ada", customer: "Ada", forMs: 0 }, 1);
    const [expired] = await office.expiredHolds();
    expect(expired).toEqual(seat);
    await office.hold(seat, "Ada", turn(2));
    await office.expireHold(seat, turn(3));
    expect(await statusOf("B3")).toBe("held");
  });
});

describe("a simulated payment", () => {
  test("ends with the reason of the signal that stops it", async () => {
    const payments = new SimulatedPayments({ delayMs: 60_000, failureRate: 0 });
    const leaving = new AbortController();
    const payment = payments.charge(order("Ada", "A1"), "of Ada", leaving.signal);
    const reason = new Error("the turn is over");
    leaving.abort(reason);
    await expect(payment).rejects.toBe(reason);
  });
});
