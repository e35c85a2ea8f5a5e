import { describe, expect, test } from "vitest";
import { countdown, localEndOf } from "../../examples/booking/page/src/logic/countdown.js";
import { readHolds, writeHolds } from "../../examples/booking/page/src/logic/hold-storage.js";

const hold = { showId: "hamlet", seatId: "A1", holdToken: "t", fencingToken: 7, endsAt: 1000 };

function drawerWith(text: string | null) {
  const drawer = {
    text,
    getItem: () => drawer.text,
    setItem: (_key: string, value: string) => void (drawer.text = value),
  };
  return drawer;
}

describe("holds", () => {
  test("outlive a reload", () => {
    const drawer = drawerWith(null);
    writeHolds(drawer, [hold]);
    expect(readHolds(drawer, 999)).toEqual([hold]);
  });

  test("are gone once they have ended", () => {
    expect(readHolds(drawerWith(JSON.stringify([hold])), 1000)).toEqual([]);
  });

  test.each([
    null,
    "",
    "{",
    "7",
    "[null, 7]",
    JSON.stringify([{ ...hold, holdToken: undefined }]),
    JSON.stringify([{ ...hold, endsAt: "1000" }]),
  ])("are not found in %s", (text) => {
    expect(readHolds(drawerWith(text), 0)).toEqual([]);
  });

  test("are forgotten where nothing may be stored", () => {
    const forbidden = {
      getItem: (): string => {
        throw new Error("forbidden");
      },
      setItem: (): void => {
        throw new Error("full");
      },
    };
    expect(() => writeHolds(forbidden, [hold])).not.toThrow();
    expect(readHolds(forbidden, 0)).toEqual([]);
  });
});

describe("a countdown", () => {
  test("counts a second that has begun, and says 0:00 only at the end", () => {
    expect([120_000, 61_000, 59_001, 1, 0, -5].map(countdown)).toEqual([
      "2:00",
      "1:01",
      "1:00",
      "0:01",
      "0:00",
      "0:00",
    ]);
  });

  const now = Date.parse("2030-01-01T12:00:00Z");

  test("follows the server's clock where this one is wrong", () => {
    const server = new Date(now + 600_000);
    const expiresAt = new Date(now + 720_000).toISOString();
    expect(localEndOf(expiresAt, server.toUTCString(), now)).toBe(now + 120_000);
  });

  test("does not take the whole seconds of the header for a wrong clock", () => {
    const expiresAt = new Date(now + 120_000).toISOString();
    expect(localEndOf(expiresAt, new Date(now - 900).toUTCString(), now)).toBe(now + 120_000);
    expect(localEndOf(expiresAt, null, now)).toBe(now + 120_000);
  });
});
