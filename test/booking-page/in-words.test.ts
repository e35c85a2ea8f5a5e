import { describe, expect, test } from "vitest";
import { endsHold, problemInWords, tryAgain } from "../../examples/booking/page/src/logic/in-words.js";
import { NO_ANSWER, type Problem } from "../../examples/booking/page/src/logic/problem.js";
import { buyersOf } from "../../examples/booking/page/src/logic/rush-order.js";
import { wantedSeat } from "../../examples/booking/page/src/logic/rush-seat.js";
import { forecast, verdict } from "../../examples/booking/page/src/logic/verdict.js";

function problem(status: number, code = "", retryAfterS?: number): Problem {
  return { status, code, detail: "The reason.", retryAfterS };
}

describe("a refusal is told in words", () => {
  test.each([
    [problem(402), "pay", /declined.*still held for you/],
    [problem(409, "SEAT_SOLD"), "pay", /sold to somebody else/],
    [problem(409, "HOLD_OVER"), "pay", /Your hold on A1 is over/],
    [problem(409, "OTHER"), "hold", /can't be held: The reason/],
    [problem(423, "", 3), "hold", /Somebody else is at A1.*in 3 seconds/],
    [problem(503), "hold", /nothing is sold.*in a moment/],
    [problem(503, "", 1), "pay", /stays held for you.*in 1 second\./],
    [problem(400), "hold", /The reason/],
    [NO_ANSWER, "cancel", /did not answer/],
  ] as const)("%o", (refusal, wish, words) => {
    expect(problemInWords(refusal, wish, "A1")).toMatch(words);
  });

  test("and only what says that the seat is somebody else's ends a hold", () => {
    expect([402, 409, 423, 503, 0].filter((status) => endsHold(problem(status)))).toEqual([409]);
  });

  test("with the time to wait, if it is known", () => {
    expect([undefined, 1, 2].map(tryAgain)).toEqual([
      "Try again in a moment.",
      "Try again in 1 second.",
      "Try again in 2 seconds.",
    ]);
  });
});

describe("a rush", () => {
  const order = { showId: "hamlet", buyers: 200, lock: true };

  test("is foretold, with the lock and without", () => {
    expect(forecast({ ...order, seatId: "E6" }, 120)).toMatch(/^200 buyers want E6 .*sold once/);
    expect(forecast({ ...order, seatId: "E6", lock: false }, 120)).toMatch(/sold again and again/);
    expect(forecast(order, 120)).toMatch(/^200 buyers want the 120 seats/);
    expect(forecast({ ...order, buyers: 1 }, 0)).toMatch(/^1 buyer wants/);
  });

  test("in which there is a seat for everybody shows no difference, and says so", () => {
    expect(forecast({ ...order, buyers: 120 }, 120)).toMatch(/more than 120/);
    expect(forecast({ ...order, buyers: 120, seatId: "E6" }, 120)).not.toMatch(/more than/);
  });

  test("is summed up", () => {
    const one = { ...order, seatId: "E6" };
    expect(verdict({ sold: 3, refused: 0, doubleSold: 2 }, one)).toBe(
      "E6 was sold 3 times. 2 people paid for a seat that is somebody else's.",
    );
    expect(verdict({ sold: 121, refused: 0, doubleSold: 1 }, order)).toMatch(/^One person paid/);
    expect(verdict({ sold: 1, refused: 199, doubleSold: 0 }, one)).toBe(
      "E6 was sold once. 199 were refused.",
    );
    expect(verdict({ sold: 120, refused: 1, doubleSold: 0 }, order)).toBe(
      "120 seats were sold, each of them once. One was refused.",
    );
    expect(verdict({ sold: 0, refused: 5, doubleSold: 0 }, one)).toBe("Nothing was sold. 5 were refused.");
  });

  test("has from 1 to 1000 buyers", () => {
    expect(["1", "1000", " 7 "].map(buyersOf)).toEqual([1, 1000, 7]);
    for (const typed of ["", " ", "0", "1001", "1.5", "x", "-1"]) expect(buyersOf(typed)).toBeUndefined();
  });

  test("wants a free seat near the middle of the hall, and any seat when none is free", () => {
    const row = (name: string, statuses: readonly ("free" | "sold")[]) => ({
      name,
      seats: statuses.map((status, index) => ({ id: `${name}${index + 1}`, status })),
    });
    const free = row("B", ["free", "free", "free"]);
    expect(wantedSeat([row("A", ["free", "free", "free"]), free, row("C", ["free"])])).toBe("B2");
    expect(wantedSeat([row("A", ["sold", "sold", "free"])])).toBe("A3");
    expect(wantedSeat([row("A", ["sold", "sold", "sold"])])).toBe("A2");
    expect(wantedSeat([])).toBeUndefined();
  });
});
