import { LockError, type LockErrorCode, type LockManager } from "@redlock-kit/core";
import { createLocked, lockErrors } from "@redlock-kit/express";
import express5, { type NextFunction, type Request, type Response } from "express";
import { describe, expect, test, vi } from "vitest";
import { newApp, serve, versions } from "./app.js";

/** A manager that refuses everything. */
function refusing(code: LockErrorCode): LockManager {
  return {
    withLock: () => Promise.reject(new LockError(code, "message", { keys: ["s3cret"] })),
  } as unknown as LockManager;
}

describe.each(versions)("with $version, a held lock", ({ express }) => {
  test("is answered by 423 problem+json without charset, with the real time until it can be free", async () => {
    const { app, locks, locked } = newApp(express);
    const handler = vi.fn();
    app.post("/seats/:id", locked("seat:{params.id}", { waitMs: 0 }), handler);
    const client = await serve(app);
    await using lease = await locks.acquire("seat:A1", { ttlMs: 8_500, owner: "0wner" });

    const { status, headers, text, json } = await client.post("/seats/A1?token=t0ken");

    expect(status).toBe(423);
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(headers["retry-after"]).toBe("9");
    expect(headers["content-length"]).toBe(String(Buffer.byteLength(text)));
    expect(json).toMatchObject({ status: 423, instance: "/seats/A1", code: "ERR_LOCK_HELD" });
    expect(Object.keys(json).sort()).toEqual(["code", "detail", "instance", "status", "title", "type"]);
    expect(text).not.toMatch(new RegExp(`seat:|t0ken|0wner|memory-|${lease.token}`));
    expect(handler).not.toHaveBeenCalled();
  });

  test("keeps headers of earlier middlewares, but none that describe another body", async () => {
    const { app, locks, locked } = newApp(express);
    app.use((_req, res, next) => {
      res.set({
        "Access-Control-Allow-Origin": "*",
        "Content-Encoding": "br",
        ETag: '"x"',
        "Cache-Control": "public",
      });
      next();
    });
    app.post("/", locked("k", { waitMs: 0 }));
    const client = await serve(app);
    await using _held = await locks.acquire("k");
    const { headers } = await client.post("/");
    expect(headers).toMatchObject({ "access-control-allow-origin": "*", "cache-control": "no-store" });
    expect(headers).not.toHaveProperty("content-encoding");
    expect(headers).not.toHaveProperty("etag");
  });

  test.each([409, 429, 503] as const)("is answered by %d where that is wanted", async (statusCode) => {
    const { app, locks, locked } = newApp(express);
    app.post("/", locked("k", { waitMs: 0, statusCode }));
    const client = await serve(app);
    await using _held = await locks.acquire("k");
    expect(await client.post("/")).toMatchObject({
      status: statusCode,
      json: { status: statusCode, code: "ERR_LOCK_HELD" },
    });
  });

  test("is answered by whenHeld in place of the middleware", async () => {
    const { app, locks, locked } = newApp(express);
    const whenHeld = vi.fn((_req: Request, res: Response, _next: NextFunction, error: LockError) =>
      res.status(202).json({ code: error.code }),
    );
    app.post("/", locked("k", { waitMs: 0, whenHeld }));
    const client = await serve(app);
    await using _held = await locks.acquire("k");
    expect(await client.post("/")).toMatchObject({ status: 202, json: { code: "ERR_LOCK_HELD" } });
    expect(whenHeld).toHaveBeenCalledOnce();
  });

  test("runs the handler without a lock if whenHeld calls next()", async () => {
    const { app, locks, locked } = newApp(express);
    app.post("/", locked("k", { waitMs: 0, whenHeld: (_req, _res, next) => next() }), (_req, res) => {
      res.json({ lease: res.locals.lease ?? null });
    });
    const client = await serve(app);
    await using held = await locks.acquire("k");
    expect((await client.post("/")).json).toEqual({ lease: null });
    expect(held.valid).toBe(true);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("whenHeld");
      },
    ],
    ["rejects", () => Promise.reject(new Error("whenHeld"))],
  ])("goes to the error handlers if whenHeld %s", async (_, whenHeld) => {
    const { app, locks, locked } = newApp(express);
    app.post("/", locked("k", { waitMs: 0, whenHeld }));
    app.use(
      (error: Error, _req: Request, res: Response, _next: NextFunction) =>
        void res.status(418).end(error.message),
    );
    const client = await serve(app);
    await using _held = await locks.acquire("k");
    expect(await client.post("/")).toMatchObject({ status: 418, text: "whenHeld" });
  });
});

describe("other refusals are answered by the middleware, too:", () => {
  test.each([
    ["ERR_LOCK_UNAVAILABLE", 503],
    ["ERR_LOCK_OVERLOADED", 503],
    ["ERR_LOCK_CLOSED", 503],
    ["ERR_LOCK_INVALID_ARGUMENT", 400],
    ["ERR_LOCK_NESTED", 500],
  ] as const)("%s by %d, and whenHeld is not asked", async (code, status) => {
    const app = express5();
    const whenHeld = vi.fn();
    app.post("/", createLocked(refusing(code), { whenHeld, statusCode: 409 })("k"));
    const { headers, ...answer } = await (await serve(app)).post("/");
    expect(answer).toMatchObject({ status, json: { code, status } });
    expect(headers["retry-after"]).toBe(status === 503 ? "1" : undefined);
    expect(answer.text).not.toContain("s3cret");
    expect(whenHeld).not.toHaveBeenCalled();
  });

  test("a lock that the request already holds, as NESTED", async () => {
    const { app, locked } = newApp();
    app.post("/", locked("k"), locked("k"));
    expect(await (await serve(app)).post("/")).toMatchObject({
      status: 500,
      json: { code: "ERR_LOCK_NESTED" },
    });
  });

  test("a closed manager, as CLOSED", async () => {
    const { app, locks, locked } = newApp();
    app.post("/", locked("k"));
    await locks.close();
    expect(await (await serve(app)).post("/")).toMatchObject({
      status: 503,
      json: { code: "ERR_LOCK_CLOSED" },
    });
  });
});

describe('onUnavailable: "pass"', () => {
  const app = (code: LockErrorCode) => {
    const express = express5();
    express.post("/", createLocked(refusing(code), { onUnavailable: "pass" })("k"), (_req, res) => {
      res.json({ lease: res.locals.lease ?? null });
    });
    return express;
  };

  test("runs the handler without a lock when no quorum can be reached", async () => {
    expect((await (await serve(app("ERR_LOCK_UNAVAILABLE"))).post("/")).json).toEqual({ lease: null });
  });

  test.each(["ERR_LOCK_HELD", "ERR_LOCK_OVERLOADED", "ERR_LOCK_CLOSED"] as const)(
    "does not pass %s",
    async (code) => {
      expect((await (await serve(app(code))).post("/")).json).toMatchObject({ code });
    },
  );
});

describe("skip", () => {
  test.each([
    ["at once", (req: Request) => req.path === "/free"],
    ["by promise", async (req: Request) => req.path === "/free"],
  ])("runs the handler without a lock where it says so %s", async (_, skip) => {
    const { app, locks, locked } = newApp();
    app.post(
      "/:name",
      locked("k", { waitMs: 0, skip }),
      (_req, res) => void res.json({ lease: res.locals.lease ?? null }),
    );
    const client = await serve(app);
    await using _held = await locks.acquire("k");
    expect(await client.post("/free")).toMatchObject({ status: 200, json: { lease: null } });
    expect((await client.post("/other")).status).toBe(423);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("skip");
      },
    ],
    ["rejects", () => Promise.reject(new Error("skip"))],
  ])("sends its error to the error handlers if it %s", async (_, skip) => {
    const { app, locked } = newApp();
    app.post("/", locked("k", { skip }));
    app.use(
      (error: Error, _req: Request, res: Response, _next: NextFunction) =>
        void res.status(418).end(error.message),
    );
    expect(await (await serve(app)).post("/")).toMatchObject({ status: 418, text: "skip" });
  });
});

describe.each(versions)("with $version, lockErrors()", ({ express }) => {
  const failing = (error: unknown) => {
    const { app } = newApp(express);
    app.post("/a", (_req, _res, next) => next(error));
    app.use(lockErrors());
    app.use(
      (_error: unknown, _req: Request, res: Response, _next: NextFunction) => void res.status(418).end(),
    );
    return serve(app);
  };

  test.each([
    ["ERR_LOCK_NOT_HOLDER", 409],
    ["ERR_LOCK_HELD", 423],
    ["ERR_LOCK_LOST", 503],
  ] as const)("answers %s of a handler by %d", async (code, status) => {
    const client = await failing(new LockError(code, "message", { keys: ["s3cret"] }));
    const answer = await client.post("/a?b");
    expect(answer).toMatchObject({ status, json: { code, instance: "/a" } });
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.text).not.toContain("s3cret");
  });

  test("passes on what is no lock error", async () => {
    expect((await (await failing(new Error("own"))).post("/a")).status).toBe(418);
  });

  test("passes on a lock error if a part of the response was sent already, so that it is cut", async () => {
    const { app } = newApp(express);
    app.post("/", (_req, res, next) => {
      res.write("part");
      next(new LockError("ERR_LOCK_LOST", "message"));
    });
    app.use(lockErrors());
    await expect((await serve(app)).post("/")).rejects.toThrow();
  });
});
