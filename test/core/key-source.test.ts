import { isLockError } from "@redlock-kit/core";
import { compileKeySource, isUnusableValue, type KeySource } from "@redlock-kit/core/adapter";
import { describe, expect, test, vi } from "vitest";

type Args = [id: string];
const ROOTS = { roots: ["params"], positions: true };
const compile = (source: unknown) => compileKeySource(source as KeySource<Args>, ROOTS);

describe("a key source is", () => {
  test("a template", async () => {
    const keys = compile("seat:{params.id}");
    expect(keys.roots).toEqual(["params"]);
    await expect(keys.resolve(["unused"], { params: { id: "A1" } })).resolves.toBe("seat:A1");
  });

  test("several templates", async () => {
    const keys = compile(["from:{0}", "to:{1}", "by:{0}"]);
    expect(keys.roots).toEqual(["0", "1"]);
    await expect(keys.resolve(["unused"], { 0: "a", 1: "b" })).resolves.toEqual(["from:a", "to:b", "by:a"]);
  });

  test("a function of the call's arguments, whose keys are used as they are", async () => {
    const source = vi.fn((id: string) => `{${id}}:raw`);
    const keys = compile(source);
    expect(keys.roots).toEqual([]);
    await expect(keys.resolve(["7"], {})).resolves.toBe("{7}:raw");
    expect(source).toHaveBeenCalledExactlyOnceWith("7");
  });

  test("a function of several keys, also by promise", async () => {
    await expect(compile(async () => ["a", "b"]).resolve(["7"], {})).resolves.toEqual(["a", "b"]);
  });

  test("refused where it is declared if it is none of these", () => {
    const sparse: string[] = [];
    sparse.length = 1;
    for (const source of [undefined, null, 7, {}, [], [7], [undefined], sparse, ["ok", "{nope}"], "{"]) {
      expect(() => compile(source)).toThrow(expect.objectContaining({ code: "ERR_LOCK_INVALID_ARGUMENT" }));
    }
  });
});

describe("a call is refused", () => {
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty string", ""],
    ["a number", 7],
    ["no key at all", []],
    ["an empty key among others", ["a", ""]],
    ["a promise of nothing", Promise.resolve()],
  ])("if the key function returns %s", async (_, returned) => {
    const failed = await compile(() => returned)
      .resolve(["7"], {})
      .catch((error: unknown) => error);
    expect(isLockError(failed, "ERR_LOCK_INVALID_ARGUMENT")).toBe(true);
    expect(isUnusableValue(failed)).toBe(true);
  });

  test("by the function's own error, unchanged, if it throws or rejects", async () => {
    const own = new TypeError("no such order");
    const throws = compile(() => {
      throw own;
    });
    await expect(throws.resolve(["7"], {})).rejects.toBe(own);
    await expect(compile(() => Promise.reject(own)).resolve(["7"], {})).rejects.toBe(own);
    expect(isUnusableValue(own)).toBe(false);
  });

  test("if a placeholder of any template has no value", async () => {
    const failed = await compile(["{0}", "{params.id}"])
      .resolve(["7"], { 0: "a", params: {} })
      .catch((error: unknown) => error);
    expect(isUnusableValue(failed)).toBe(true);
    expect(failed).toMatchObject({ message: "{params.id} is missing" });
  });
});

test("templates read only what they name", async () => {
  const source = {
    params: { id: "1" },
    get query(): unknown {
      throw new Error("was read");
    },
  };
  await expect(compile("{params.id}").resolve(["7"], source)).resolves.toBe("1");
});
