import { describe, expect, test, vi } from "vitest";
import type { Route } from "./door.js";
import type { Stage } from "./stage.js";

/** As they stand in a path. */
const HOSTILE = [
  "..%2F",
  "..%2F..%2Fetc",
  "a%2Fb",
  "a%252Fb",
  "%3A",
  "a:b",
  "%7Bparams.id%7D",
  "%7B%7D",
  "%25",
  "%2525",
  "%20",
  "%00",
  "%0D%0A",
  "%0D%0ASET%20x%20y",
  "%F0%9F%8E%AB",
  "%C3%A9",
  "e%CC%81",
  "-",
  "_",
  "*",
  "__proto__",
  "constructor",
  "A1",
  "a1",
  "A1.",
  "A1-A1",
  "%23",
  "%22",
];

/** How the parts of a request become the keys of locks. */
export function keys(stage: Stage): void {
  const open = async (key: Route["key"], path = "/seats/:id") =>
    (await stage.open({ path, key, handler: ({ lease }) => JSON.stringify(lease?.keys) })).client;

  test("templates read params, query, body and headers", async () => {
    const client = await open("{params.id}:{query.q}:{body.order.id}:{headers.X-Request-Id}");
    const headers = { "content-type": "application/json", "x-request-id": "r-1" };
    expect((await client.post("/seats/A1?q=s", headers, '{"order":{"id":9}}')).text).toBe('["A1:s:9:r-1"]');
  });

  test("a number in a body and its text are the same key", async () => {
    const client = await open("{body.id}");
    expect((await client.postJson("/seats/x", { id: 1 })).text).toBe('["1"]');
    expect((await client.postJson("/seats/x", { id: "1" })).text).toBe('["1"]');
  });

  test("hostile values get different keys, all of the key's own alphabet", async () => {
    const client = await open("seat:{params.id}");
    const texts = await Promise.all(
      HOSTILE.map(async (value) => (await client.post(`/seats/${value}`)).text),
    );
    const built = texts.map((text) => (JSON.parse(text) as string[])[0]);
    for (const key of built) expect(key).toMatch(/^seat:(?:[\w-]|%[0-9A-F]{2})+$/);
    expect(new Set(built).size).toBe(HOSTILE.length);
  });

  test("values can't move from one placeholder into the next", async () => {
    const client = await open("{params.a}:{params.b}", "/:a/:b");
    const [left, right] = await Promise.all([client.post("/x%3Ay/z"), client.post("/x/y%3Az")]);
    expect(left?.status).toBe(200);
    expect(left?.text).not.toBe(right?.text);
  });

  test.each([
    ["of 5,000 characters in a path", 5_000, "params"],
    ["of a megabyte in a body", 1_000_000, "body"],
  ])("values %s get different keys that a node can keep", async (_, length, from) => {
    const client = await open(`seat:{${from}.id}`);
    const [a, b] = await Promise.all(
      ["a", "b"].map((end) => {
        const id = `${"x".repeat(length)}${end}`;
        return from === "params" ? client.post(`/seats/${id}`) : client.postJson("/seats/x", { id });
      }),
    );
    expect([a?.status, b?.status]).toEqual([200, 200]);
    expect(a?.text).not.toBe(b?.text);
    expect(a?.text.length).toBeLessThan(2_000);
  });

  describe("a value is refused with 400, which names the placeholder, if it is", () => {
    test.each([
      ["repeated, so a list", "{query.id}", "?id=1&id=2", undefined],
      ["nested, so no value", "{query.id}", "?id[a]=1", undefined],
      ["empty", "{query.id}", "?id=", undefined],
      ["missing", "{query.id}", "", undefined],
      ["missing with its whole body", "{body.id}", "", undefined],
      ["a list in a body", "{body.id}", "", { id: ["1"] }],
      ["an object in a body", "{body.id}", "", { id: { toString: "1" } }],
      ["null in a body", "{body.id}", "", { id: null }],
      ["inherited", "{query.__proto__}", "?id=1", undefined],
      ["inherited, and hidden by a request", "{query.__proto__.x}", "?__proto__[x]=1", undefined],
      ["inherited by a body", "{body.__proto__}", "", { id: 1 }],
      ["inherited by inheritance", "{query.constructor.name}", "?id=1", undefined],
      ["a method", "{params.toString}", "", undefined],
      ["a length", "{params.id.length}", "", undefined],
      ["a whole part of the request", "{query}", "?id=1", undefined],
    ])("%s", async (_, template, query, body) => {
      const client = await open(template);
      const path = `/seats/x${query}`;
      const answer = await (body === undefined ? client.post(path) : client.postJson(path, body));
      expect(answer).toMatchObject({
        status: 400,
        json: { code: "ERR_LOCK_INVALID_ARGUMENT", instance: "/seats/x" },
      });
      expect(answer.json.detail).toContain(template);
    });
  });

  test("one of several templates without a value refuses the whole request", async () => {
    const client = await open(["{params.id}", "{query.id}"]);
    expect((await client.post("/seats/x")).status).toBe(400);
  });

  describe("a key function", () => {
    test.each([
      ["a key", ({ id }: Record<string, string>) => `raw:${id}`, '["raw:7"]'],
      ["several keys", () => ["b", "a"], '["a","b"]'],
      ["a promise of a key", async () => "k", '["k"]'],
    ])("may return %s, used as it is", async (_, key, expected) => {
      expect((await (await open(key)).post("/seats/7")).text).toBe(expected);
    });

    test.each([
      ["nothing", () => undefined],
      ["an empty string", () => ""],
      ["an empty list", () => []],
      ["a key that no node can keep", () => "a\0b"],
    ])("that returns %s is answered by 400", async (_, key) => {
      const answer = await (await open(key as () => string)).post("/seats/7");
      expect(answer).toMatchObject({ status: 400, json: { code: "ERR_LOCK_INVALID_ARGUMENT" } });
    });

    test.each([
      [
        "throws",
        () => {
          throw new Error("own");
        },
      ],
      ["rejects", () => Promise.reject(new Error("own"))],
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- that is what must do no harm
      ["rejects with nothing", () => Promise.reject()],
    ])("that %s is an error of the program", async (_, key) => {
      const handler = vi.fn(() => "without a lock");
      const { client } = await stage.open({ path: "/", key, handler });
      expect((await client.post("/")).status).toBe(500);
      expect(handler).not.toHaveBeenCalled();
    });
  });
}
