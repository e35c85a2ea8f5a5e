import { isLockError, type LockError } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { compileTemplate } from "@redlock-kit/core/adapter";

const HTTP = { roots: ["params", "query", "body", "headers"] };
const ARGUMENTS = { roots: ["params"], positions: true };

function build(template: string, source: Record<string, unknown>): string {
  return compileTemplate(template, template.includes("{0") ? ARGUMENTS : HTTP).build(source);
}

function refusal(action: () => unknown): LockError {
  try {
    action();
  } catch (error) {
    if (isLockError(error, "ERR_LOCK_INVALID_ARGUMENT")) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a key template builds", () => {
  test.each([
    ["seat:{0}", { 0: "a1" }, "seat:a1"],
    [
      "show:{params.showId}:seat:{params.seatId}",
      { params: { showId: "7", seatId: "A-1" } },
      "show:7:seat:A-1",
    ],
    ["{0}", { 0: 1 }, "1"],
    ["{0}", { 0: 1n }, "1"],
    ["{0}", { 0: false }, "false"],
    ["{0}", { 0: -0.5 }, "-0%2E5"],
    ["{0.order.id}", { 0: { order: { id: "x" } } }, "x"],
    ["{0.items.1}", { 0: { items: ["a", "b"] } }, "b"],
    ["nightly-report", {}, "nightly-report"],
    ["{{{params.id}}}:paid", { params: { id: "7" } }, "{7}:paid"],
    ["{{}}", {}, "{}"],
    ["{body.$ref}:{body.a_b-c}", { body: { $ref: "r", "a_b-c": "s" } }, "r:s"],
    ["{headers.Idempotency-Key}", { headers: { "idempotency-key": "k" } }, "k"],
    ["{params.Id}", { params: { Id: "1", id: "2" } }, "1"],
    ["{params.__proto__}", { params: JSON.parse('{"__proto__":"own"}') as unknown }, "own"],
    ["Öffnung:{0}", { 0: "é" }, "Öffnung:%C3%A9"],
    ["{0}", { 0: "../a:b.c%d~e'f{g}h i/j" }, "%2E%2E%2Fa%3Ab%2Ec%25d%7Ee%27f%7Bg%7Dh%20i%2Fj"],
    ["{0}", { 0: "\0\u{1F3AB}" }, "%00%F0%9F%8E%AB"],
  ])("%s with %o: %s", (template, source, key) => {
    expect(build(template, source)).toBe(key);
  });

  test.each([
    ["a separator that no value contains", "{0}:{1}", "a:b"],
    ["a dash, escaped in the value before it", "{0}-{1}", "a-b"],
    ["nothing, for which a dot stands in", "{0}{1}", "a.b"],
    ["letters that could be the end of an escape", "{0}2D{1}", "a.2Db"],
    ["letters before a separator", "{0}-x:{1}", "a-x:b"],
  ])("keys whose values stand apart by %s", (_, template, key) => {
    expect(build(template, { 0: "a", 1: "b" })).toBe(key);
  });

  test("different keys for values that would read alike", () => {
    expect(build("{0}-{1}", { 0: "a-b", 1: "c" })).toBe("a%2Db-c");
    expect(build("{0}-{1}", { 0: "a", 1: "b-c" })).toBe("a-b-c");
    expect(build("{0}{1}", { 0: "ab", 1: "c" })).not.toBe(build("{0}{1}", { 0: "a", 1: "bc" }));
    expect(build("{0}", { 0: "a:b" })).not.toBe(build("{0}", { 0: "a%3Ab" }));
  });

  test("a readable head and a hash where the key would be over-long", () => {
    const key = build("seat:{0}", { 0: "x".repeat(600) });
    expect(key).toMatch(/^seat:x{123}#[\w-]{43}$/);
    expect(build("seat:{0}", { 0: `${"x".repeat(599)}y` })).not.toBe(key);
    expect(build("seat:{0}", { 0: "x".repeat(507) })).toBe(`seat:${"x".repeat(507)}`);
  });

  test("a hash where the key is over-long in UTF-8 alone", () => {
    expect(build("é".repeat(300), {})).toMatch(/^é{128}#[\w-]{43}$/);
  });

  test("an over-long key that no short input of the same template can imitate", () => {
    const [head, hash] = build("{0}#{1}", { 0: "x".repeat(600), 1: "y" }).split("##");
    expect(build("{0}#{1}", { 0: head, 1: hash })).not.toBe(build("{0}#{1}", { 0: "x".repeat(600), 1: "y" }));
  });

  test("an over-long key without half of a surrogate pair", () => {
    const text = `a${"\u{1F3AB}".repeat(300)}`;
    expect(compileTemplate(text, HTTP).build({}).isWellFormed()).toBe(true);
  });
});

describe("a key template knows", () => {
  test("its text and the roots that it reads, each once", () => {
    const template = compileTemplate("{params.a}:{1.id}:{params.b}:{0}", ARGUMENTS);
    expect(template.text).toBe("{params.a}:{1.id}:{params.b}:{0}");
    expect(template.roots).toEqual(["params", "1", "0"]);
  });
});

describe("a key template is refused, with its text, the position and the roots, if", () => {
  test.each([
    ["a placeholder is not closed", "seat:{params.id", 5],
    ["a brace is closed that was not opened", "seat:}", 5],
    ["a placeholder is empty", "seat:{}x", 5],
    ["a name of the path is empty", "{params..id}", 0],
    ["a name of the path has a space", "{params. id}", 0],
    ["a placeholder stands in another", "{params.{params.id}}", 0],
    ["its root is not known", "ab{parms.id}", 2],
    ["its root is an inherited name", "{constructor.name}", 0],
    ["it uses a position where there are none", "{0}", 0],
    ["it has a lone surrogate", "ab\ud800c", 2],
    ["it has a NUL", "a\0", 1],
    ["it is empty", "", 0],
  ])("%s", (_, template, position) => {
    const { message } = refusal(() => compileTemplate(template, HTTP));
    expect(message).toContain(JSON.stringify(template));
    expect(message).toContain(`at position ${position}`);
    expect(message).toContain("params, query, body, headers");
  });

  test.each(["{01}", "{-1}", "{1.5e3+}"])("its position is written as %s", (template) => {
    expect(refusal(() => compileTemplate(template, ARGUMENTS)).message).toContain("positions such as {0}");
  });

  test.each<unknown>([undefined, null, 7, {}, ["a"]])("it is %o", (template) => {
    const { message } = refusal(() => compileTemplate(template as string, HTTP));
    expect(message).toContain("must be a string");
  });

  test("a long text is cut in the message", () => {
    expect(refusal(() => compileTemplate("x".repeat(10_000) + "}", HTTP)).message.length).toBeLessThan(400);
  });
});

describe("a value is refused, by the name of its placeholder, if", () => {
  test.each([
    ["it is missing", {}, "is missing"],
    ["its parent is missing", { params: undefined }, "is missing"],
    ["its parent is text", { params: "text" }, "is missing"],
    ["it is inherited", { params: Object.create({ id: "inherited" }) as unknown }, "is missing"],
    ["it is null", { params: { id: null } }, "not null"],
    ["it is empty", { params: { id: "" } }, "not an empty string"],
    ["it is NaN", { params: { id: Number.NaN } }, "not a number that is not finite"],
    ["it is infinite", { params: { id: Number.POSITIVE_INFINITY } }, "not a number that is not finite"],
    ["it is an object", { params: { id: {} } }, "not an object"],
    ["it is a list, as of ?id=1&id=2", { params: { id: ["1", "2"] } }, "not an array"],
    ["it is a function", { params: { id: () => "x" } }, "not a function"],
    ["it is a symbol", { params: { id: Symbol("x") } }, "not a symbol"],
    ["it has a lone surrogate", { params: { id: "a\udc00" } }, "half of a surrogate pair"],
  ])("%s", (_, source, problem) => {
    const { message } = refusal(() => build("{params.id}", source));
    expect(message).toContain("{params.id}");
    expect(message).toContain(problem);
  });

  test("and the value itself is not told", () => {
    const error = refusal(() => build("{params.id}", { params: { id: { password: "s3cret" } } }));
    expect(JSON.stringify(error) + error.message).not.toContain("s3cret");
  });

  test("the inherited __proto__ is no value", () => {
    expect(refusal(() => build("{params.__proto__}", { params: {} })).message).toContain("is missing");
    expect(refusal(() => build("{params.constructor.name}", { params: {} })).message).toContain("is missing");
  });
});
