import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isLockError } from "@redlock-kit/core";
import { createLocked, leaseOf, lockErrors } from "@redlock-kit/express";
import type { NextFunction, Request, Response } from "express";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { isFree, manualManager, newApp, serve, until, versions, waiting } from "./app.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe.each(versions)("with $version, when the client leaves while its request waits", ({ express }) => {
  test("the waiting stops, and the handler never runs", async () => {
    const { app, locks, locked } = newApp(express);
    const handler = vi.fn();
    app.post("/", locked("k", { waitMs: 60_000 }), handler);
    const client = await serve(app);
    const held = await locks.acquire("k");
    const { leave } = client.leavingPost("/");
    await waiting(locks, 1);
    leave();
    await waiting(locks, 0);
    await held.release();
    await using _next = await locks.acquire("k", { waitMs: 1_000 });
    expect(handler).not.toHaveBeenCalled();
  });

  test("thousands of abandoned requests leave nothing behind", async () => {
    const { app, locks, locked } = newApp(express);
    app.post("/", locked("k", { waitMs: 60_000 }), (_req, res) => void res.end());
    const client = await serve(app);
    const held = await locks.acquire("k");
    const leaving = Array.from({ length: 100 }, () => client.leavingPost("/"));
    await waiting(locks, 100);
    for (const { leave } of leaving) leave();
    await waiting(locks, 0);
    await held.release();
    expect((await client.post("/")).status).toBe(200);
    await until(() => locks.stats().held === 0);
    expect(locks.stats().acquired).toBe(2);
  });

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

  test("also while its key is being found, and no lock is taken", async () => {
    const { app, locks, locked } = newApp(express);
    const [asked, gate] = [new Gate(), new Gate()];
    const handler = vi.fn();
    const key = async () => {
      asked.open();
      await gate.opened;
      return "k";
    };
    app.post("/", locked(key), handler);
    const client = await serve(app);
    const closed = client.connectionClosed();
    const { leave } = client.leavingPost("/");
    await asked.opened;
    leave();
    await closed;
    gate.open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(handler).not.toHaveBeenCalled();
    expect(locks.stats().acquired).toBe(0);
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

test("a client that leaves in the moment of the grant stops the handler, too", async () => {
  const { app } = newApp();
  const { locks, asked, grant } = manualManager();
  const handler = vi.fn();
  app.post("/", createLocked(locks)("k"), handler);
  const client = await serve(app);
  const closed = client.connectionClosed();
  const { leave } = client.leavingPost("/");
  await asked;
  leave();
  await closed;
  grant();
  await new Promise((resolve) => setImmediate(resolve));
  expect(handler).not.toHaveBeenCalled();
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
  async function abandoned(graceMs: number, finish: (req: Request, res: Response) => unknown) {
    const errorHandler = vi.fn(
      (_error: unknown, _req: Request, res: Response, _next: NextFunction) => void res.end(),
    );
    const { app, locks, locked } = newApp(express);
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

  test("its signal aborts with ERR_LOCK_ABORTED, and the lock stays until it ends the response", async () => {
    const { locks, gate, reason } = await abandoned(60_000, (_req, res) => res.json({ done: true }));
    expect(isLockError(reason, "ERR_LOCK_ABORTED")).toBe(true);
    expect(await locks.tryAcquire("k")).toBeNull();
    gate.open();
    await until(() => isFree(locks, "k"));
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

  test("a handler that never ends its response keeps the lock for graceMs", async () => {
    const { locks, gate } = await abandoned(30, () => {});
    expect(await locks.tryAcquire("k")).toBeNull();
    await until(() => isFree(locks, "k"));
    gate.open();
  });

  test("graceMs: 0 gives the lock back at once", async () => {
    const { locks, gate } = await abandoned(0, (_req, res) => res.end());
    await until(() => isFree(locks, "k"));
    gate.open();
  });
});

test("graceMs is the ttl by default, during which the lock is extended", async () => {
  const { app, locks, locked } = newApp();
  app.post("/", locked("k", { ttlMs: 400 }), () => {});
  const { leave } = (await serve(app)).leavingPost("/");
  await until(() => locks.stats().held === 1);
  const extendedBefore = locks.stats().extended;
  const leftAt = performance.now();
  leave();
  await until(() => isFree(locks, "k"));
  expect(performance.now() - leftAt).toBeGreaterThanOrEqual(395);
  expect(locks.stats().extended).toBeGreaterThan(extendedBefore);
  expect(locks.stats()).toMatchObject({ released: 1, lost: 0 });
});

test("a second request waits for a handler whose client has left, and does not overlap it", async () => {
  const { app, locks, locked } = newApp();
  const [gate, left] = [new Gate(), new Gate()];
  const log: string[] = [];
  app.post("/:name", locked("k", { graceMs: 60_000, waitMs: 60_000 }), async (req, res) => {
    log.push(`${req.params.name} starts`);
    if (req.params.name === "first") {
      leaseOf(req).signal.addEventListener("abort", () => left.open());
      await gate.opened;
    }
    log.push(`${req.params.name} ends`);
    res.end();
  });
  const client = await serve(app);
  const first = client.leavingPost("/first");
  await until(() => log.length === 1);
  first.leave();
  await left.opened;
  const second = client.post("/second");
  await waiting(locks, 1);
  gate.open();
  expect((await second).status).toBe(200);
  expect(log).toEqual(["first starts", "first ends", "second starts", "second ends"]);
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
  test("has left: the waiting stops", async () => {
    const { app, locks, locked } = newApp();
    const handler = vi.fn();
    app.post("/", locked("k", { waitMs: 60_000 }), handler);
    const connection = (await serve(app)).connect({ allowHalfOpen: true });
    await using _held = await locks.acquire("k");
    connection.post("/");
    await waiting(locks, 1);
    connection.socket.end();
    await waiting(locks, 0);
    expect(handler).not.toHaveBeenCalled();
  });

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

  test("still gets its answer if the server allows it by httpAllowHalfOpen", async () => {
    const { app, locks, locked } = newApp();
    let signal: AbortSignal | undefined;
    app.post("/", locked("k", { waitMs: 60_000 }), (req, res) => {
      signal = leaseOf(req).signal;
      res.end("answer");
    });
    const client = await serve(app, { httpAllowHalfOpen: true });
    const ended = new Gate();
    client.server.on("connection", (socket) => socket.on("end", () => ended.open()));
    const connection = client.connect({ allowHalfOpen: true });
    const held = await locks.acquire("k");
    connection.post("/");
    await waiting(locks, 1);
    connection.socket.end();
    await ended.opened;
    await held.release();
    await connection.receives(/answer/);
    await until(() => isFree(locks, "k"));
    expect(signal?.aborted).toBe(false);
  });
});

describe("pipelined requests", () => {
  test("stop waiting when the client leaves, before the turn of their responses, too", async () => {
    const { app, locks, locked } = newApp();
    const handler = vi.fn();
    app.post("/first", () => {});
    app.post("/second", locked("k", { waitMs: 60_000 }), handler);
    const connection = (await serve(app)).connect();
    await using _held = await locks.acquire("k");
    connection.post("/first", "/second");
    await waiting(locks, 1);
    connection.socket.destroy();
    await waiting(locks, 0);
    expect(handler).not.toHaveBeenCalled();
  });

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

  test("keep the lock for a running handler until it ends its response, which has no connection any more", async () => {
    const { app, locks, locked } = newApp();
    const [gate, aborted] = [new Gate(), new Gate()];
    app.post("/first", () => {});
    app.post("/second", locked("k", { graceMs: 60_000 }), async (req, res) => {
      leaseOf(req).signal.addEventListener("abort", () => aborted.open());
      await gate.opened;
      res.end();
    });
    const connection = (await serve(app)).connect();
    connection.post("/first", "/second");
    await until(() => locks.stats().held === 1);
    connection.socket.destroy();
    await aborted.opened;
    expect(await locks.tryAcquire("k")).toBeNull();
    gate.open();
    await until(() => isFree(locks, "k"));
  });

  test("don't block themselves when the later one gets the lock first", async () => {
    const { app, locks, locked } = newApp();
    const firstKey = new Gate();
    const key = async (req: Request<Record<string, string>>) => {
      if (req.params.name === "first") await firstKey.opened;
      return "k";
    };
    app.post("/:name", locked(key, { waitMs: 60_000 }), async (req, res) => {
      if (req.params.name === "second") {
        firstKey.open();
        await waiting(locks, 1);
      }
      res.end(`${req.params.name} done`);
    });
    const connection = (await serve(app)).connect();
    connection.post("/first", "/second");
    await connection.receives(/first done[^]*second done/);
    await until(() => locks.stats().held === 0);
  });

  test("are served one at a time and in order, 50 of them, without a warning of a leak", async () => {
    const warning = vi.fn();
    process.on("warning", warning);
    const { app, locks, locked } = newApp();
    let running = 0;
    app.post("/:n", locked("k", { waitMs: 15_000 }), async (req, res) => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      res.end(`<${req.params.n}>`);
    });
    const connection = (await serve(app)).connect();
    connection.post(...Array.from({ length: 50 }, (_, i) => `/${i}`));
    await connection.receives(/<49>/);
    expect(connection.received.match(/<\d+>/g)).toEqual(Array.from({ length: 50 }, (_, i) => `<${i}>`));
    await until(() => locks.stats().held === 0);
    process.off("warning", warning);
    expect(warning).not.toHaveBeenCalled();
  });
});

test("requests on one kept-alive connection leave nothing behind: neither listeners nor themselves", async () => {
  const { app, locked } = newApp();
  const listeners = new Set<number>();
  const requests: WeakRef<Request>[] = [];
  app.post("/", locked("k"), (req, res) => {
    listeners.add(
      ["close", "end", "timeout"].reduce((sum, event) => sum + req.socket.listenerCount(event), 0),
    );
    requests.push(new WeakRef(req));
    res.end("done");
  });
  const connection = (await serve(app)).connect();
  for (let i = 1; i <= 5; i++) {
    connection.post("/");
    await until(() => connection.received.split("done").length === i + 1);
  }
  expect(listeners.size).toBe(1);
  // Node itself may still know the last one.
  await until(() => {
    collectGarbage();
    return requests.slice(0, -1).every((request) => request.deref() === undefined);
  });
});
