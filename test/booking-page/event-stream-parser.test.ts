import { describe, expect, test } from "vitest";
import { EventStreamParser } from "../../examples/booking/page/src/logic/event-stream-parser.js";

function parse(...pieces: string[]) {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe("an event stream", () => {
  test("is read event by event, with the name and the data of each", () => {
    expect(parse("event: buyer\ndata: 1\n\nevent: result\ndata: 2\n\n")).toEqual([
      { name: "buyer", data: "1" },
      { name: "result", data: "2" },
    ]);
  });

  test("may be cut anywhere, and end its lines in any of three ways", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      const text = `event: buyer${end}data: {"a": 1}${end}${end}: comment${end}data: x${end}${end}\n`;
      const cutEverywhere = parse(...text.split(""));
      expect(cutEverywhere).toEqual([
        { name: "buyer", data: '{"a": 1}' },
        { name: "message", data: "x" },
      ]);
      expect(parse(text)).toEqual(cutEverywhere);
    }
  });

  test("has no event yet before the empty line that ends one", () => {
    expect(parse("data: 1\n")).toEqual([]);
  });

  test("joins data of several lines, and takes one blank after the colon away at most", () => {
    expect(parse("data: a\ndata:b\ndata:  c\ndata\n\n")).toEqual([{ name: "message", data: "a\nb\n c\n" }]);
  });

  test("tells nothing of comments, unknown fields and names without data", () => {
    expect(parse(": beat\n\nid: 7\nretry: 10\n\nevent: lonely\n\ndata: 1\n\n")).toEqual([
      { name: "message", data: "1" },
    ]);
  });
});
