import { describe, expect, test } from "vitest";
import { SeatBoard } from "../../examples/booking/page/src/logic/seat-board.js";
import { numberOf, rowsOf } from "../../examples/booking/page/src/logic/seat.js";

const list = [
  { id: "A1", status: "free" },
  { id: "A2", status: "free" },
] as const;

describe("the board of seats", () => {
  test("shows the list that was loaded, and the changes told since", () => {
    const board = new SeatBoard();
    board.beginLoad()(list);
    board.change("A2", "held");
    expect(board.seats()).toEqual([list[0], { id: "A2", status: "held" }]);
  });

  test("lets a change that came while a list was under way win over the list", () => {
    const board = new SeatBoard();
    const loaded = board.beginLoad();
    board.change("A1", "sold");
    loaded(list);
    expect(board.seats()[0]).toEqual({ id: "A1", status: "sold" });
  });

  test("lets a list that was asked for later win over earlier changes", () => {
    const board = new SeatBoard();
    board.beginLoad()(list);
    board.change("A1", "sold");
    board.beginLoad()(list);
    expect(board.seats()[0]).toEqual({ id: "A1", status: "free" });
  });

  test("keeps what it knows when no list comes", () => {
    const board = new SeatBoard();
    board.beginLoad()(list);
    board.beginLoad()(undefined);
    expect(board.seats()).toEqual(list);
  });

  test("has no seats but those of its list", () => {
    const board = new SeatBoard();
    board.beginLoad()(list);
    board.change("Z9", "sold");
    expect(board.seats()).toEqual(list);
  });
});

test("seats stand in rows by the letters of their ids, and have numbers within them", () => {
  const seats = ["A1", "A2", "B1", "AA12"].map((id) => ({ id, status: "free" as const }));
  expect(rowsOf(seats).map(({ name, seats: row }) => [name, row.length])).toEqual([
    ["A", 2],
    ["B", 1],
    ["AA", 1],
  ]);
  expect(numberOf("AA12")).toBe("12");
});
