import { LockError, type LockManager } from "@redlock-kit/core";
import { createLocked } from "@redlock-kit/express";
import express5, { type NextFunction, type Request, type Response } from "express";
import { describe, expect, test, vi } from "vitest";
import { until } from "../conformance/http/client.js";
import { isFree, newApp, serve, versions } from "./app.js";

describe.each(versions)("with $version, a handler", ({ express }) => {
  test.each([
    ["ends its response", (_req: Request, res: Response) => void res.status(204).end(), 204],
    [
      "throws",
      () => {
        throw new Error("handler");
      },
      500,
    ],
    [
      "passes an error on",
      (_req: Request, _res: Response, next: NextFunction) => next(new Error("handler")),
      500,
    ],
    ["passes the request on to nobody", (_req: Request, _res: Response, next: NextFunction) => next(), 404],
  ])("gives the lock back when it %s", async (_, handler, status) => {
    const { app, locks, locked } = newApp(express);
    app.post("/", locked("k"), handler);
    const client = await serve(app);
    expect((await client.post("/")).status).toBe(status);
    await until(() => isFree(locks, "k"));
    expect(locks.stats()).toMatchObject({ acquired: 1, released: 1, held: 0 });
  });

  test("keeps its error: the lock's error handling does not see it", async () => {
    const { app, locked } = newApp(express);
    const own = new Error("handler");
    const seen: unknown[] = [];
    app.post("/", locked("k"), (_req, _res, next) => next(own));
    app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
      seen.push(error);
      res.status(418).end();
    });
    expect((await (await serve(app)).post("/")).status).toBe(418);
    expect(seen).toEqual([own]);
  });
});

test("an async handler of Express 5 that rejects gives the lock back", async () => {
  const { app, locks, locked } = newApp();
  app.post("/", locked("k"), async () => {
    await Promise.resolve();
    throw new Error("handler");
  });
  expect((await (await serve(app)).post("/")).status).toBe(500);
  await until(() => isFree(locks, "k"));
});

describe("options go to the manager", () => {
  /** A manager that only remembers what it was asked for. */
  function spy() {
    const withLock = vi.fn().mockRejectedValue(new LockError("ERR_LOCK_HELD", "held"));
    return { withLock, locks: { withLock } as unknown as LockManager };
  }

  test("as they were given, a route's own before the defaults", async () => {
    const { withLock, locks } = spy();
    const locked = createLocked(locks, { ttlMs: 1_000, waitMs: 7, owner: "web" });
    const app = express5();
    app.post(
      "/",
      locked("k", {
        waitMs: 0,
        minHoldMs: 5,
        maxHoldMs: 9,
        mode: "exclusive",
        graceMs: 3,
        skip: () => false,
      }),
    );
    await (await serve(app)).post("/");
    expect(withLock.mock.calls[0]?.[2]).toEqual({
      ttlMs: 1_000,
      waitMs: 0,
      owner: "web",
      minHoldMs: 5,
      maxHoldMs: 9,
      mode: "exclusive",
      onLost: "ignore",
      signal: expect.any(AbortSignal),
    });
  });

  test("not at all where they are left out or undefined, so that the manager's defaults count", async () => {
    const { withLock, locks } = spy();
    const app = express5();
    app.post("/", createLocked(locks, { ttlMs: undefined })("k", { waitMs: undefined }));
    await (await serve(app)).post("/");
    expect(Object.keys(withLock.mock.calls[0]?.[2] as object).sort()).toEqual(["onLost", "signal"]);
  });

  test("and an undefined one does not hide a default", async () => {
    const { withLock, locks } = spy();
    const app = express5();
    app.post("/", createLocked(locks, { waitMs: 7 })("k", { waitMs: undefined }));
    await (await serve(app)).post("/");
    expect(withLock.mock.calls[0]?.[2]).toMatchObject({ waitMs: 7 });
  });
});
