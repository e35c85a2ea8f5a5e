import { LockError } from "@redlock-kit/core";
import { lockErrors } from "@redlock-kit/express";
import type { NextFunction, Request, Response } from "express";
import { describe, expect, test, vi } from "vitest";
import { newApp, serve, versions } from "./app.js";

describe.each(versions)("with $version, a held lock", ({ express }) => {
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

test("a lock that the request already holds is answered as NESTED", async () => {
  const { app, locked } = newApp();
  app.post("/", locked("k"), locked("k"));
  expect(await (await serve(app)).post("/")).toMatchObject({
    status: 500,
    json: { code: "ERR_LOCK_NESTED" },
  });
});

describe("skip", () => {
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
