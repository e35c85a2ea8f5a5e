import { isLockError } from "@redlock-kit/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileTemplate } from "@redlock-kit/core/adapter";

const ROOTS = { roots: ["params", "headers"], positions: true };

/** Values made of what an encoder, a separator or a hash is made of, so that boundaries are easily mistaken. */
const adversarial = fc.oneof(
  fc.string({
    unit: fc.constantFrom("a", "z", "A", "F", "0", "5", "-", "_", "%", ".", ":", "#", "{", "}", "é"),
    minLength: 1,
    maxLength: 6,
  }),
  fc.string({ unit: fc.constantFrom("a", "-", "%", "2", "D"), minLength: 1, maxLength: 4 }),
  fc.string({ unit: "grapheme", minLength: 1 }),
  fc.string({ unit: fc.constantFrom("a", "#"), minLength: 505, maxLength: 515 }),
);

/** Literals that could themselves be (the end of) a value, an escape or a hash mark. */
const separator = fc.oneof(
  fc.constantFrom(
    "",
    "-",
    "_",
    "--",
    "a",
    "f",
    "g",
    "Z",
    "0",
    "%",
    "%2D",
    "2D",
    "-:",
    "a:",
    ":",
    ".",
    "..",
    "#",
    "##",
    "é",
    "/",
  ),
  fc.string({ unit: fc.constantFrom("a", "g", "-", "5", "F", "%", ".", ":", "#"), maxLength: 4 }),
);

function keyOf(separators: readonly string[], values: readonly unknown[]): string {
  const template = values
    .map((_, i) => `{${i}}${(separators[i] as string).replace(/[{}]/g, "$&$&")}`)
    .join("");
  return compileTemplate(template, ROOTS).build(Object.fromEntries(values.entries()));
}

/** Every way to read `text` as two values with `between` between them. */
function pairsOf(text: string, between: string): string[][] {
  const pairs: string[][] = [];
  for (let at = text.indexOf(between, 1); at !== -1 && at < text.length; at = text.indexOf(between, at + 1)) {
    pairs.push([text.slice(0, at), text.slice(at + between.length)]);
  }
  return pairs.filter((pair) => pair.every((value) => value !== "" && value.isWellFormed()));
}

describe("a key template", () => {
  test("never builds one key from two different inputs", () => {
    const scene = fc.integer({ min: 1, max: 3 }).chain((n) => {
      const values = fc.array(adversarial, { minLength: n, maxLength: n });
      return fc.tuple(fc.array(separator, { minLength: n, maxLength: n }), values, values);
    });
    fc.assert(
      fc.property(scene, ([separators, left, right]) => {
        const areSame = left.every((value, i) => value === right[i]);
        expect(keyOf(separators, left) === keyOf(separators, right)).toBe(areSame);
      }),
      { numRuns: 5_000 },
    );
  });

  test("never builds one key when only the boundary between two values moves", () => {
    const scene = fc.tuple(adversarial, separator, fc.array(adversarial, { minLength: 1, maxLength: 2 }));
    fc.assert(
      fc.property(scene, ([text, between, more]) => {
        // Written without any encoding, all of these pairs would be the same text.
        const keys = pairsOf([text, ...more].join(between), between).map((pair) =>
          keyOf([between, ""], pair),
        );
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 3_000 },
    );
  });

  test("writes values with letters, digits, _, -, escapes and an ending dot, and nothing else", () => {
    fc.assert(
      fc.property(adversarial, adversarial, separator, (left, right, between) => {
        fc.pre(left.length < 100 && right.length < 100 && !/[{}]/.test(between));
        const key = keyOf([between, ""], [left, right]);
        const escapedBetween = between.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        expect(key).toMatch(
          new RegExp(`^(?:[\\w-]|%[0-9A-F]{2})+\\.?${escapedBetween}(?:[\\w-]|%[0-9A-F]{2})+$`, "u"),
        );
      }),
    );
  });

  test("takes a number, a bigint and a boolean for their text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.bigInt(),
          fc.boolean(),
        ),
        (value) => {
          expect(keyOf([""], [value])).toBe(keyOf([""], [String(value)]));
        },
      ),
    );
  });

  test("builds keys of at most 512 bytes when its own text is short", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 2_000 }), (value) => {
        expect(Buffer.byteLength(keyOf([":"], [value]))).toBeLessThanOrEqual(512);
      }),
    );
  });

  test("is compiled or refused with ERR_LOCK_INVALID_ARGUMENT, whatever its text", () => {
    const text = fc.oneof(
      fc.string({
        unit: fc.constantFrom("{", "}", ".", "0", "1", "a", "-", "params", "headers", "\0", "\ud800", " "),
        maxLength: 12,
      }),
      fc.string({ unit: "binary" }),
      fc.anything(),
    );
    fc.assert(
      fc.property(text, (template) => {
        try {
          compileTemplate(template as string, ROOTS);
        } catch (error) {
          expect(isLockError(error, "ERR_LOCK_INVALID_ARGUMENT")).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("builds a key or is refused with ERR_LOCK_INVALID_ARGUMENT, whatever the source", () => {
    const template = compileTemplate("{params.a}-{headers.b}{0}", ROOTS);
    const source = fc.record(
      { params: fc.anything(), headers: fc.anything(), 0: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(source, (values) => {
        try {
          expect(template.build(values)).not.toBe("");
        } catch (error) {
          expect(isLockError(error, "ERR_LOCK_INVALID_ARGUMENT")).toBe(true);
        }
      }),
    );
  });
});
