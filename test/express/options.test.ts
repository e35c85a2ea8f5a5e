import { createLockManager, type LockManager, memoryNode } from "@redlock-kit/core";
import { createLocked, type LockedOptions } from "@redlock-kit/express";
import { describe, expect, test } from "vitest";

const locks = createLockManager({ nodes: [memoryNode()] });

/** What is wrong with the options, both as defaults and as a route's own. */
function messages(options: unknown): string[] {
  return [
    () => createLocked(locks, options as LockedOptions),
    () => createLocked(locks)("k", options as LockedOptions),
  ].map((make) => {
    try {
      make();
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_LOCK_INVALID_ARGUMENT" });
      return (error as Error).message;
    }
    return "was accepted";
  });
}

describe("when the middleware is made,", () => {
  test.each([
    [{ ttlMs: 0 }, "ttlMs"],
    [{ ttlMs: 1.5 }, "ttlMs"],
    [{ ttlMs: "10s" }, "ttlMs"],
    [{ ttlMs: Number.NaN }, "ttlMs"],
    [{ ttlMs: null }, "ttlMs"],
    [{ waitMs: -1 }, "waitMs"],
    [{ minHoldMs: -1 }, "minHoldMs"],
    [{ maxHoldMs: "1" }, "maxHoldMs"],
    [{ graceMs: -1 }, "graceMs"],
    [{ graceMs: Number.NaN }, "graceMs"],
    [{ mode: "read" }, "mode"],
    [{ owner: 7 }, "owner"],
    [{ statusCode: 200 }, "statusCode"],
    [{ statusCode: "423" }, "statusCode"],
    [{ whenHeld: "skip" }, "whenHeld"],
    [{ skip: true }, "skip"],
    [{ onUnavailable: "ignore" }, "onUnavailable"],
  ])("the bad option %o is refused by its name", (options, name) => {
    for (const message of messages(options)) expect(message).toContain(`${name} must be`);
  });

  test.each([
    [{ ttl: 1 }, "did you mean ttlMs?"],
    [{ waitTimeout: 1 }, "did you mean waitMs?"],
    [{ status: 409 }, "did you mean statusCode?"],
    [{ retries: 1 }, "is not known (known are ttlMs,"],
    [{ signal: new AbortController().signal }, "is not known"],
    [{ token: "t" }, "is not known"],
    [{ unknown: undefined }, "is not known"],
  ])("the unknown option %o is refused with a hint", (options, hint) => {
    for (const message of messages(options)) expect(message).toContain(hint);
  });

  test.each([null, 7, "k", [], () => {}])("%o in place of options is refused", (options) => {
    for (const message of messages(options)) expect(message).toContain("options must be an object");
  });

  test.each([undefined, null, {}, { nodes: [] }])("%o in place of a manager is refused", (manager) => {
    expect(() => createLocked(manager as unknown as LockManager)).toThrow(/locks must be a LockManager/);
  });

  test.each(["seat:{param.id}", "{0}", "seat:{params.id", "", undefined, [], {}])(
    "the bad key %o is refused",
    (key) => {
      expect(() => createLocked(locks)(key as string)).toThrow(
        expect.objectContaining({ code: "ERR_LOCK_INVALID_ARGUMENT" }),
      );
    },
  );

  test("every known option is accepted, and Infinity where a duration may have no end", () => {
    const all: Required<LockedOptions> = {
      ttlMs: 3,
      waitMs: Number.POSITIVE_INFINITY,
      mode: "exclusive",
      owner: "web",
      minHoldMs: 0,
      maxHoldMs: Number.POSITIVE_INFINITY,
      graceMs: 0,
      statusCode: 409,
      whenHeld: () => {},
      skip: () => false,
      onUnavailable: "pass",
    };
    expect(messages(all)).toEqual(["was accepted", "was accepted"]);
  });

  test("options are read once: what is changed later has no influence", () => {
    const options: { ttlMs?: number } = { ttlMs: 10 };
    const locked = createLocked(locks, options);
    options.ttlMs = -1;
    expect(() => locked("k")).not.toThrow();
  });
});
