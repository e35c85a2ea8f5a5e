import { LockError } from "@redlock-kit/core";
import { manualClock } from "@redlock-kit/core/testing";
import { createLocked, leaseOf, lockErrors } from "@redlock-kit/express";
import type express5 from "express";
import type { NextFunction, Request, Response } from "express";
import { describe, expect, test, vi } from "vitest";
import { until } from "../conformance/http/client.js";
import { manualManager } from "../conformance/http/stage.js";
import { Gate } from "../support/gate.js";
import { isFree, newApp, serve, versions } from "./app.js";

/** Options of a lease that is not extended, and an application whose clock stands still until such a lease is lost. */
const FRAGILE = { ttlMs: 1_000, maxHoldMs: 1, graceMs: 60_000 };

function newFragileApp(express?: typeof express5) {
  const clock = manualClock();
  return { ...newApp(express, clock), lose: () => clock.advance(FRAGILE.ttlMs) };
}

describe.each(versions)("with $version, when the lease is lost while the handler runs", ({ express }) => {
  /** The handler goes on after its client got 503; the connection must serve another request. */
  async function goesOn(
    work: (req: Request, res: Response, next: NextFunction) => unknown,
    graceMs = 60_000,
  ) {
    const rejections = vi.fn();
    process.on("unhandledRejection", rejections);
    const { app, locks, locked, lose } = newFragileApp(express);
    const [gate, finished] = [new Gate(), new Gate()];
    app.post("/lost", locked("k", { ...FRAGILE, graceMs }), async (req, res, next) => {
      await lose();
      await gate.opened;
      // Express 4 doesn't look at what becomes of an async handler: whatever it throws ends the process.
      await work(req, res, next);
      finished.open();
    });
    app.post("/next", (_req, res) => void res.end("next"));
    app.use(lockErrors());
    const connection = (await serve(app)).connect();
    connection.post("/lost");
    await connection.receives(/503[^]*ERR_LOCK_LOST/);
    gate.open();
    await finished.opened;
    await until(() => locks.stats().overrun === 0);
    connection.post("/next");
    await connection.receives(/next$/);
    process.off("unhandledRejection", rejections);
    expect(rejections).not.toHaveBeenCalled();
    expect(connection.received.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 503", "HTTP/1.1 200"]);
  }

  test.each([
    ["res.json", (_req: Request, res: Response) => res.status(201).json({ late: true })],
    ["res.send", (_req: Request, res: Response) => res.set("ETag", "x").type("html").send("late")],
    ["res.redirect", (_req: Request, res: Response) => res.redirect("/elsewhere")],
    ["res.sendStatus", (_req: Request, res: Response) => res.sendStatus(204)],
    ["res.cookie", (_req: Request, res: Response) => res.cookie("a", "b").end()],
    [
      "bare node:http",
      (_req: Request, res: Response) => {
        res.writeHead(200, { "x-late": "1" });
        res.write("late");
        res.end("late");
      },
    ],
    [
      "informational responses",
      (_req: Request, res: Response) => {
        res.writeContinue();
        res.writeProcessing();
        res.writeEarlyHints({ link: "</a.css>; rel=preload" });
        res.flushHeaders();
        res.end();
      },
    ],
    [
      "callbacks",
      (_req: Request, res: Response) =>
        new Promise<void>((resolve) => res.write("late", () => res.end(resolve))),
    ],
    ["res.destroy", (_req: Request, res: Response) => res.destroy()],
    ["an error", (_req: Request, _res: Response, next: NextFunction) => next(new Error("late"))],
    [
      "the reason of the signal",
      (req: Request, _res: Response, next: NextFunction) => next(leaseOf(req).signal.reason),
    ],
    ["next()", (_req: Request, _res: Response, next: NextFunction) => next()],
  ])("what it writes later does no harm: %s", async (_, work) => {
    await goesOn(work);
  });

  test("nor does a file that it sends, which is not even read: so no end is seen but that of the grace", async () => {
    await goesOn((_req, res) => new Promise((resolve) => res.sendFile(import.meta.filename, resolve)), 50);
  });

  test("the answer comes first: what the signal makes the handler write is too late", async () => {
    const { app, locked, lose } = newFragileApp(express);
    app.post("/", locked("k", FRAGILE), (req, res) => {
      leaseOf(req).signal.addEventListener("abort", () => res.status(200).end("fine"));
      void lose();
    });
    expect((await (await serve(app)).post("/")).status).toBe(503);
  });

  test("another locked() of the request that is still waiting gives up", async () => {
    const { app, locks, locked, lose } = newFragileApp(express);
    const handler = vi.fn();
    app.post("/", locked("outer", FRAGILE), locked("inner", { waitMs: 60_000 }), handler);
    const client = await serve(app);
    await using _held = await locks.acquire("inner");
    const answer = client.post("/");
    await until(() => locks.stats().waiting === 1);
    await lose();
    expect((await answer).json.code).toBe("ERR_LOCK_LOST");
    await until(() => locks.stats().waiting === 0 && locks.stats().overrun === 0);
    expect(handler).not.toHaveBeenCalled();
  });
});

test("a handler counts as at work until it ends its response, also after its connection was closed", async () => {
  const { app, locks, locked, lose } = newFragileApp();
  const gate = new Gate();
  app.post("/", locked("k", FRAGILE), async (_req, res) => {
    void lose();
    await gate.opened;
    res.end();
  });
  const client = await serve(app);
  const closed = client.connectionClosed();
  await client.post("/");
  await closed;
  await new Promise((resolve) => setImmediate(resolve));
  expect(locks.stats().overrun).toBe(1);
  gate.open();
  await until(() => locks.stats().overrun === 0);
});

test("a handler that never ends its response counts as at work until graceMs have passed", async () => {
  const { app, locks, locked, lose } = newFragileApp();
  app.post("/", locked("k", { ...FRAGILE, graceMs: 200 }), () => void lose());
  await (await serve(app)).post("/");
  expect(locks.stats().overrun).toBe(1);
  await until(() => locks.stats().overrun === 0);
});

test("another lock of the same request is given back when its own grace is over, too", async () => {
  const { app, locks, locked, lose } = newFragileApp();
  app.post("/", locked("whole", { graceMs: 50 }), locked("k", FRAGILE), () => void lose());
  expect((await (await serve(app)).post("/")).status).toBe(503);
  await until(() => isFree(locks, "whole"));
});

test("a lease that is lost between the end of the response and the release aborts no signal", async () => {
  const { app } = newApp();
  const { locks, grant, lose } = manualManager();
  let signal: AbortSignal | undefined;
  app.post("/", createLocked(locks)("k"), (req, res) => {
    signal = leaseOf(req).signal;
    res.end();
  });
  grant();
  await (await serve(app)).post("/");
  lose(new LockError("ERR_LOCK_LOST", "lost"));
  expect(signal?.aborted).toBe(false);
});

test("a 503 that waits for its turn behind a pipelined request is not mixed up with what the handler writes", async () => {
  const { app, locked, lose } = newFragileApp();
  const written = new Gate();
  const responses: Response[] = [];
  app.post("/first", (_req, res) => void responses.push(res));
  app.post("/lost", locked("k", FRAGILE), async (_req, res) => {
    await lose();
    res.writeProcessing();
    res.writeContinue();
    res.writeEarlyHints({ link: "</a.css>; rel=preload" });
    res.status(200).end("late");
    written.open();
  });
  app.post("/next", (_req, res) => void res.end("next"));
  const connection = (await serve(app)).connect();
  connection.post("/first", "/lost");
  await written.opened;
  responses[0]?.end("first");
  connection.post("/next");
  await connection.receives(/next$/);
  expect(connection.received.match(/HTTP\/1.1 \d+/g)).toEqual([
    "HTTP/1.1 200",
    "HTTP/1.1 503",
    "HTTP/1.1 200",
  ]);
});

test("a client that left before gets nothing, and the signal keeps its first reason", async () => {
  const { app, locks, locked, lose } = newFragileApp();
  const reasons: unknown[] = [];
  const aborted = new Gate();
  app.post("/", locked("k", FRAGILE), (req) => {
    const { signal } = leaseOf(req);
    signal.addEventListener("abort", () => {
      reasons.push(signal.reason);
      aborted.open();
    });
  });
  const { leave } = (await serve(app)).leavingPost("/");
  await until(() => locks.stats().held === 1);
  leave();
  await aborted.opened;
  await lose();
  expect(locks.stats().lost).toBe(1);
  expect(reasons.map((reason) => (reason as LockError).code)).toEqual(["ERR_LOCK_ABORTED"]);
});
