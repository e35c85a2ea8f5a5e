import { createLockManager, memoryNode } from "@redlock-kit/core";
import { faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { createLocked, leaseOf, lockErrors } from "@redlock-kit/express";
import express5, { type Express, type NextFunction, type Request, type Response } from "express";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { until } from "../conformance/http/client.js";
import { waiting } from "../conformance/http/stage.js";
import { Gate } from "../support/gate.js";
import { isFree, newApp, serve, versions } from "./app.js";

describe.each(versions)("with $version, when the client leaves while its request waits", ({ express }) => {
  test("an outer lock of the same request is given back at once, whatever its grace", async () => {
    const { app, locks, locked } = newApp(express);
    const handler = vi.fn();
    app.post("/", locked("outer", { graceMs: 60_000 }), locked("inner", { waitMs: 60_000 }), handler);
    const client = await serve(app);
    await using _held = await locks.acquire("inner");
    const { leave } = client.leavingPost("/");
    await waiting(locks, 1);
    leave();
    await until(() => isFree(locks, "outer"));
    expect(handler).not.toHaveBeenCalled();
  });

  test("also before it reaches the middleware", async () => {
    const { app, locks, locked } = newApp(express);
    const [asked, passed] = [new Gate(), new Gate()];
    const handler = vi.fn();
    app.use((req, _res, next) => {
      asked.open();
      req.socket.once("close", () => {
        next();
        passed.open();
      });
    });
    app.post("/", locked("k"), handler);
    const { leave } = (await serve(app)).leavingPost("/");
    await asked.opened;
    leave();
    await passed.opened;
    await new Promise((resolve) => setImmediate(resolve));
    expect(handler).not.toHaveBeenCalled();
    expect(locks.stats().acquired).toBe(0);
  });
});

test("while the first attempt is under way, its answer is the end: nobody waits for whoever has left", async () => {
  const node = memoryNode();
  const connection = faultyNode(node);
  const [locks, others] = [connection, node].map((each) => createLockManager({ nodes: [each] }));
  if (!locks || !others) throw new Error("There are two managers.");
  onTestFinished(() => Promise.all([locks.close(), others.close()]).then(() => {}));
  const held = await others.acquire("k");
  const handler = vi.fn();
  const app: Express = express5();
  app.post("/", createLocked(locks)("k", { waitMs: 60_000 }), handler);
  const client = await serve(app);

  connection.faults.hold("replies", "grant");
  const closed = client.connectionClosed();
  const { leave } = client.leavingPost("/");
  await until(() => connection.faults.carriedOut.includes("grant"));
  leave();
  await closed;
  connection.faults.resume();
  await until(async () => (await others.inspect("k"))?.waiters === 0);
  expect(locks.stats().waiting).toBe(0);
  await held.release();
  expect(handler).not.toHaveBeenCalled();
  expect(locks.stats()).toMatchObject({ acquired: 0, waiting: 0 });
});

test("a request that another middleware answered while it waited never reaches the handler", async () => {
  const { app, locks, locked } = newApp();
  const handler = vi.fn();
  const responses: Response[] = [];
  app.use((_req, res, next) => {
    responses.push(res);
    next();
  });
  app.post("/", locked("k", { waitMs: 60_000 }), handler);
  const client = await serve(app);
  await using _held = await locks.acquire("k");
  const { answer } = client.leavingPost("/");
  await waiting(locks, 1);
  responses[0]?.status(504).end();
  expect((await answer).status).toBe(504);
  await waiting(locks, 0);
  expect(handler).not.toHaveBeenCalled();
});

test("so it is with an answer that is still on its way, and that is not cut", async () => {
  const { app, locks, locked } = newApp();
  const handler = vi.fn();
  const responses: Response[] = [];
  app.use((_req, res, next) => {
    responses.push(res);
    next();
  });
  app.post("/refused", locked("k", { waitMs: 100 }), handler);
  app.post("/granted", locked("k", { waitMs: 60_000 }), handler);
  const client = await serve(app);
  const connections = [client.connect(), client.connect()];
  const held = await locks.acquire("k");
  for (const [i, path] of ["/refused", "/granted"].entries()) {
    connections[i]?.socket.pause();
    connections[i]?.post(path);
    await waiting(locks, i + 1);
  }
  const body = Buffer.alloc(20_000_000, "x");
  for (const response of responses) response.end(body);
  await waiting(locks, 1);
  await held.release();
  await until(() => locks.stats().waiting === 0 && locks.stats().held === 0);
  for (const { socket } of connections) socket.resume();
  await until(() =>
    connections.every(({ received }) => received.split("\r\n\r\n")[1]?.length === body.length),
  );
  expect(handler).not.toHaveBeenCalled();
});

describe.each(versions)("with $version, when the client leaves while the handler runs", ({ express }) => {
  /** A handler that waits for a gate, and a client that has left it. */
  async function abandoned(
    graceMs: number,
    finish: (req: Request, res: Response) => unknown,
    clock?: ManualClock,
  ) {
    const errorHandler = vi.fn(
      (_error: unknown, _req: Request, res: Response, _next: NextFunction) => void res.end(),
    );
    const { app, locks, locked } = newApp(express, clock);
    const [gate, aborted] = [new Gate(), new Gate<unknown>()];
    app.post("/", locked("k", { graceMs, ttlMs: 5_000 }), async (req, res, next) => {
      const { signal } = leaseOf(req);
      signal.addEventListener("abort", () => aborted.open(signal.reason));
      await gate.opened;
      try {
        await finish(req, res);
      } catch (error) {
        next(error);
      }
    });
    app.use(lockErrors());
    app.use(errorHandler);
    const client = await serve(app);
    const { leave } = client.leavingPost("/");
    await until(() => locks.stats().held === 1);
    leave();
    return { locks, gate, errorHandler, reason: await aborted.opened };
  }

  test("the lock is extended for as long as the handler is at work, many times its lease time", async () => {
    const clock = manualClock();
    const { locks, gate } = await abandoned(60_000, (_req, res) => res.end(), clock);
    const waiting = locks.acquire("k", { waitMs: 60_000 });
    // The grace is real time, the lease's is not.
    for (let passed = 0; passed < 30_000; passed += 1_000) await clock.advance(1_000);
    expect(locks.stats().extended).toBeGreaterThan(3);
    expect(locks.stats()).toMatchObject({ held: 1, waiting: 1, lost: 0 });
    gate.open();
    await (await waiting).release();
  });

  test("an error of the handler ends it, too", async () => {
    const { locks, gate, errorHandler } = await abandoned(60_000, () => Promise.reject(new Error("handler")));
    gate.open();
    await until(() => isFree(locks, "k"));
    expect(errorHandler).toHaveBeenCalledOnce();
  });

  test("so does the reason of the signal when it is thrown, of which lockErrors() tells nobody", async () => {
    const { locks, gate, errorHandler } = await abandoned(60_000, (req) =>
      leaseOf(req).signal.throwIfAborted(),
    );
    gate.open();
    await until(() => isFree(locks, "k"));
    expect(errorHandler).not.toHaveBeenCalled();
  });
});

describe("a response that the server destroys counts as ended", () => {
  test.each([
    ["the response", (_req: Request, res: Response) => void res.destroy()],
    ["the response with an error", (_req: Request, res: Response) => void res.destroy(new Error("handler"))],
    ["the connection", (req: Request) => void req.socket.destroy()],
    ["the request", (req: Request) => void req.destroy()],
    [
      "it by an error after a part was sent, upon which Express cuts the connection",
      (_req: Request, res: Response) => {
        res.write("part");
        throw new Error("handler");
      },
    ],
  ])("whether it destroys %s", async (_, destroy) => {
    const { app, locks, locked } = newApp();
    let signal: AbortSignal | undefined;
    app.post("/", locked("k", { graceMs: 60_000 }), (req, res) => {
      signal = leaseOf(req).signal;
      destroy(req, res);
    });
    await expect((await serve(app)).post("/")).rejects.toThrow();
    await until(() => isFree(locks, "k"));
    expect(signal?.aborted).toBe(false);
  });

  test("but a timeout of the server's does not: the handler may still be at work", async () => {
    const { app, locks, locked } = newApp();
    const [gate, aborted] = [new Gate(), new Gate()];
    app.post("/", locked("k", { graceMs: 60_000 }), async (req, res) => {
      leaseOf(req).signal.addEventListener("abort", () => aborted.open());
      req.socket.setTimeout(10);
      await gate.opened;
      res.end();
    });
    await expect((await serve(app)).post("/")).rejects.toThrow();
    await aborted.opened;
    expect(await locks.tryAcquire("k")).toBeNull();
    gate.open();
    await until(() => isFree(locks, "k"));
  });
});

describe("a client that only ends its own side of the connection", () => {
  test("has left, also if it does not read what is still being sent to it", async () => {
    const { app, locks, locked } = newApp();
    const aborted = new Gate();
    app.post("/", locked("k", { graceMs: 60_000 }), (req, res) => {
      leaseOf(req).signal.addEventListener("abort", () => aborted.open());
      res.write(Buffer.alloc(50_000_000));
    });
    const connection = (await serve(app)).connect({ allowHalfOpen: true });
    connection.socket.pause();
    connection.post("/");
    await until(() => locks.stats().held === 1);
    connection.socket.end();
    await aborted.opened;
  });
});

describe("pipelined requests", () => {
  test("don't reach a handler whose client left before, although their responses know nothing of it", async () => {
    const { app, locks, locked } = newApp();
    const [asked, passed] = [new Gate(), new Gate()];
    const handler = vi.fn();
    app.post("/first", () => {});
    app.use((req, _res, next) => {
      asked.open();
      req.socket.once("close", () => {
        next();
        passed.open();
      });
    });
    app.post("/second", locked("k"), handler);
    const connection = (await serve(app)).connect();
    connection.post("/first", "/second");
    await asked.opened;
    connection.socket.destroy();
    await passed.opened;
    await new Promise((resolve) => setImmediate(resolve));
    expect(handler).not.toHaveBeenCalled();
    expect(locks.stats().acquired).toBe(0);
  });
});
