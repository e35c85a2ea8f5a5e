import { describe, expect, test } from "vitest";
import { MemorySeatStore } from "../../examples/booking/src/adapters/memory-seat-store.js";
import { SimulatedPayments } from "../../examples/booking/src/adapters/simulated-payments.js";
import { BoxOffice } from "../../examples/booking/src/domain/box-office.js";
import type { Order } from "../../examples/booking/src/domain/booking.js";
import { ShowCatalogue } from "../../examples/booking/src/domain/show-catalogue.js";

const show = { id: "hamlet", title: "Hamlet", startsAt: "2030-01-01T00:00:00.000Z", seatCount: 24 };
const never = new AbortController().signal;

function order(customer: string, seatId = "A1"): Order {
  return { showId: "hamlet", seatId, customer };
}

/** A box office whose payments the test lets through by itself. */
function openBoxOffice() {
  const store = new MemorySeatStore();
  const pending: (() => void)[] = [];
  const payments = {
    refunded: [] as string[],
    charge: ({ customer }: Order) =>
      new Promise<string>((done) => pending.push(() => done(`of ${customer}`))),
    refund: async (paymentId: string) => void payments.refunded.push(paymentId),
  };
  return { office: new BoxOffice(new ShowCatalogue([show]), store, payments), store, payments, pending };
}

/** Lets the work that is ready come to its payment. */
const turnOfEvents = () => new Promise((resolve) => setImmediate(resolve));

describe("the box office", () => {
  test("refuses the sale of whoever was overtaken while paying, and gives the money back", async () => {
    const { office, payments, pending } = openBoxOffice();
    const frozen = office.book(order("Ada"), { fencingToken: 1, signal: never });
    await turnOfEvents();
    const next = office.book(order("Bob"), { fencingToken: 2, signal: never });
    await turnOfEvents();

    pending[0]?.();
    await expect(frozen).rejects.toMatchObject({ code: "OVERTAKEN" });
    expect(payments.refunded).toEqual(["of Ada"]);

    pending[1]?.();
    expect(await next).toMatchObject({ customer: "Bob", fencingToken: 2 });
    expect((await office.seats("hamlet"))[0]).toEqual({ id: "A1", status: "sold" });
  });

  test("takes no money from whoever was overtaken before paying, or for a sold seat", async () => {
    const { office, pending, store } = openBoxOffice();
    await store.advance(order("Bob"), 2);
    await expect(office.book(order("Ada"), { fencingToken: 1, signal: never })).rejects.toMatchObject({
      code: "OVERTAKEN",
    });
    await store.save({ id: "b", ...order("Bob"), fencingToken: 2 });
    await expect(office.book(order("Ada"), { fencingToken: 3, signal: never })).rejects.toMatchObject({
      code: "SEAT_SOLD",
    });
    expect(pending).toEqual([]);
  });

  test("has the seats that the show has, in rows of twelve", async () => {
    const { office } = openBoxOffice();
    const ids = (await office.seats("hamlet")).map(({ id }) => id);
    expect(ids).toHaveLength(24);
    expect([ids[0], ids[11], ids[12], ids[23]]).toEqual(["A1", "A12", "B1", "B12"]);
  });
});

describe("the store", () => {
  test("refuses tokens below the highest one that it has seen of the seat, and of that seat only", async () => {
    const store = new MemorySeatStore();
    await store.save({ id: "a", ...order("Ada"), fencingToken: 5 });
    await expect(store.save({ id: "b", ...order("Bob"), fencingToken: 4 })).rejects.toMatchObject({
      code: "OVERTAKEN",
    });
    expect(await store.advance(order("Bob"), 5)).toMatchObject({ customer: "Ada" });
    await store.save({ id: "c", ...order("Bob", "A2"), fencingToken: 4 });
    expect(await store.soldSeats("hamlet")).toEqual(new Set(["A1", "A2"]));
  });
});

describe("a simulated payment", () => {
  test("ends with the reason of the signal that stops it", async () => {
    const payments = new SimulatedPayments({ delayMs: 60_000, failureRate: 0 });
    const turn = new AbortController();
    const payment = payments.charge(order("Ada"), turn.signal);
    const reason = new Error("the turn is over");
    turn.abort(reason);
    await expect(payment).rejects.toBe(reason);
  });

  test("can be given back, once", async () => {
    const payments = new SimulatedPayments({ delayMs: 0, failureRate: 0 });
    const paymentId = await payments.charge(order("Ada"), never);
    await payments.refund(paymentId);
    await expect(payments.refund(paymentId)).rejects.toThrow(paymentId);
  });
});
