import { describe, expect, test } from "vitest";
import { seatAfter } from "../../examples/booking/page/src/logic/roving-focus.js";

const rows = [
  ["A1", "A2", "A3"],
  ["B1", "B2"],
];

function after(current: string, key: string, ctrl = false) {
  return seatAfter(rows, current, { key, ctrl });
}

describe("in the hall", () => {
  test("arrow keys lead to the neighbours", () => {
    expect(after("A2", "ArrowLeft")).toBe("A1");
    expect(after("A2", "ArrowRight")).toBe("A3");
    expect(after("A2", "ArrowDown")).toBe("B2");
    expect(after("B2", "ArrowUp")).toBe("A2");
  });

  test("the focus stays where it is at the edges", () => {
    expect(after("A1", "ArrowLeft")).toBe("A1");
    expect(after("B2", "ArrowRight")).toBe("B2");
    expect(after("A1", "ArrowUp")).toBe("A1");
    expect(after("B1", "ArrowDown")).toBe("B1");
  });

  test("a shorter row is entered at its end", () => {
    expect(after("A3", "ArrowDown")).toBe("B2");
  });

  test("Home and End lead to the ends of the row, with Ctrl to those of the hall", () => {
    expect(after("B2", "Home")).toBe("B1");
    expect(after("A1", "End")).toBe("A3");
    expect(after("B2", "Home", true)).toBe("A1");
    expect(after("A1", "End", true)).toBe("B2");
  });

  test("other keys and unknown seats mean nothing", () => {
    expect(after("A1", "Tab")).toBeUndefined();
    expect(after("Z9", "Home")).toBeUndefined();
  });
});
