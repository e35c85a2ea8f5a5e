import { LockError, type LockErrorCode } from "@redlock-kit/core";
import { compileKeySource, httpAnswer } from "@redlock-kit/core/adapter";
import { describe, expect, test } from "vitest";

const STATUS: Record<LockErrorCode, number> = {
  ERR_LOCK_HELD: 423,
  ERR_LOCK_UNAVAILABLE: 503,
  ERR_LOCK_LOST: 503,
  ERR_LOCK_NOT_HOLDER: 409,
  ERR_LOCK_ABORTED: 503,
  ERR_LOCK_NESTED: 500,
  ERR_LOCK_OVERLOADED: 503,
  ERR_LOCK_CLOSED: 503,
  ERR_LOCK_INVALID_ARGUMENT: 400,
};
const codes = Object.keys(STATUS) as LockErrorCode[];

function answerTo(code: LockErrorCode, details: { retryAfterMs?: number } = {}, url = "/seats/A1") {
  return httpAnswer(new LockError(code, "secret message", details), { url });
}

describe("the answer to a lock error", () => {
  test.each(codes)("%s is problem+json with its status, a link to its documentation and its code", (code) => {
    const { status, headers, body } = answerTo(code);
    expect(status).toBe(STATUS[code]);
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(body).toEqual({
      type: `https://github.com/redlock-kit/redlock-kit/blob/main/docs/errors.md#${code.toLowerCase()}`,
      title: expect.stringMatching(/./),
      status: STATUS[code],
      detail: expect.stringMatching(/./),
      instance: "/seats/A1",
      code,
    });
  });

  test.each(codes)("%s tells no key, token, owner or node", (code) => {
    const error = new LockError(code, 'Lock "k3y" of 0wner, t0ken, is held on n0de:6379', {
      keys: ["k3y"],
      votes: [{ node: "n0de:6379", outcome: "unknown", reason: "silent" }],
      cause: new Error("k3y"),
      result: "k3y",
    });
    expect(JSON.stringify(httpAnswer(error, { url: "/" }))).not.toMatch(/k3y|t0ken|0wner|n0de/);
  });

  test("is never kept by caches", () => {
    expect(answerTo("ERR_LOCK_HELD").headers["cache-control"]).toBe("no-store");
  });

  test("names the placeholder that had no usable value", async () => {
    const error = await compileKeySource("{query.id}", { roots: ["query"] })
      .resolve([], { query: { id: ["s3cret", "2"] } })
      .catch((failure: unknown) => failure);
    const { detail } = httpAnswer(error as LockError, { url: "/" }).body;
    expect(detail).toContain("{query.id}");
    expect(detail).not.toContain("s3cret");
  });
});

describe("a held lock", () => {
  test.each([423, 409, 429, 503] as const)("is answered by %d where that is wanted", (heldStatus) => {
    const { status, body, headers } = httpAnswer(new LockError("ERR_LOCK_HELD", ""), {
      url: "/",
      heldStatus,
    });
    expect([status, body.status]).toEqual([heldStatus, heldStatus]);
    expect(headers).toHaveProperty("retry-after");
  });

  test("has no influence on the status of other errors", () => {
    expect(httpAnswer(new LockError("ERR_LOCK_LOST", ""), { url: "/", heldStatus: 409 }).status).toBe(503);
  });
});

describe("Retry-After", () => {
  test.each([
    [1, "1"],
    [1_000, "1"],
    [1_001, "2"],
    [9_300, "10"],
    [0, "1"],
    [undefined, "1"],
    [Number.NaN, "1"],
    [Number.POSITIVE_INFINITY, "1"],
  ])("for a lock that is free in %s ms at the latest is %s s", (retryAfterMs, seconds) => {
    const details = retryAfterMs === undefined ? {} : { retryAfterMs };
    expect(answerTo("ERR_LOCK_HELD", details).headers["retry-after"]).toBe(seconds);
  });

  test.each(codes)("is sent with %s exactly if that is answered by 423 or 503", (code) => {
    const { status, headers } = answerTo(code);
    expect("retry-after" in headers).toBe(status === 423 || status === 503);
  });
});

describe("the instance is the path", () => {
  test.each([
    ["/a/b?token=s3cret", "/a/b"],
    ["/a#b", "/a"],
    ["/?x", "/"],
    ["http://user:pass@host:80/a?b", "/a"],
    ["http://host?b", "/"],
    ["*", "*"],
    ["//a/b", "//a/b"],
    ["/a?b\nc", "/a"],
  ])("of %s: %s", (url, instance) => {
    expect(answerTo("ERR_LOCK_HELD", {}, url).body.instance).toBe(instance);
  });
});
