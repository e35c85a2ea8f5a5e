import { createLockManager, type Lease, LockError, type LockManager, memoryNode } from "@redlock-kit/core";
import { createLocked } from "@redlock-kit/express";
import express5, { type NextFunction, type Request, type Response } from "express";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { isFree, newApp, serve, until, versions, waiting } from "./app.js";

describe.each(versions)("with $version, a handler", ({ express }) => {
  test("runs alone: 200 concurrent requests for one key are served one at a time, each under a higher fencing token", async () => {
    const { app, locked } = newApp(express);
    let running = 0;
    let most = 0;
    app.post("/seats/:id", locked("seat:{params.id}", { waitMs: 15_000 }), async (_req, res) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      res.json({ fencingToken: (res.locals.lease as Lease).fencingToken });
    });
    const client = await serve(app);

    const answers = await Promise.all(Array.from({ length: 200 }, () => client.post("/seats/A1")));

    expect(most).toBe(1);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(({ json }) => json.fencingToken)).size).toBe(200);
  });

  test("runs beside another one with another key", async () => {
    const { app, locked } = newApp(express);
    const both = new Gate();
    let running = 0;
    app.post("/seats/:id", locked("seat:{params.id}"), async (_req, res) => {
      if (++running === 2) both.open();
      await both.opened;
      res.end();
    });
    const client = await serve(app);
    const answers = await Promise.all([client.post("/seats/A1"), client.post("/seats/A2")]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

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

  test("keeps the lock until its response has finished, not just until it returns", async () => {
    const { app, locks, locked } = newApp(express);
    const gate = new Gate();
    app.post("/", locked("k"), (_req, res) => {
      res.write("first");
      void gate.opened.then(() => res.end());
    });
    const connection = (await serve(app)).connect();
    connection.post("/");
    await connection.receives(/first/);
    expect(await isFree(locks, "k")).toBe(false);
    gate.open();
    await until(() => isFree(locks, "k"));
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

  test("may lock several keys at once, all or none", async () => {
    const { app, locks, locked } = newApp(express);
    app.post(
      "/:from/:to",
      locked(["account:{params.from}", "account:{params.to}"], { waitMs: 0 }),
      (_req, res) => {
        res.json((res.locals.lease as Lease).keys);
      },
    );
    const client = await serve(app);
    expect((await client.post("/b/a")).json).toEqual(["account:a", "account:b"]);
    await until(() => isFree(locks, "account:a"));
    await using _held = await locks.acquire("account:b");
    expect((await client.post("/a/b")).status).toBe(423);
    expect(await isFree(locks, "account:a")).toBe(true);
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

test("maxWaiters lets one request run and so many wait, and refuses the next at once", async () => {
  const locks = createLockManager({ nodes: [memoryNode()], maxWaiters: 1 });
  const app = express5();
  const gate = new Gate();
  app.post("/", createLocked(locks)("k"), async (_req, res) => {
    await gate.opened;
    res.end();
  });
  const client = await serve(app);
  const running = client.post("/");
  await until(() => locks.stats().held === 1);
  const second = client.post("/");
  await waiting(locks, 1);
  expect(await client.post("/")).toMatchObject({ status: 503, json: { code: "ERR_LOCK_OVERLOADED" } });
  gate.open();
  expect((await running).status).toBe(200);
  expect((await second).status).toBe(200);
  await locks.close();
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
