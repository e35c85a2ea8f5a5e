import { createAdaptorServer } from "@hono/node-server";
import { createLockManager, LockError, memoryNode } from "@redlock-kit/core";
import { createLocked, leaseOf } from "@redlock-kit/hono";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { Server } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { Client, until } from "../conformance/http/client.js";
import { listening } from "../conformance/http/doors/listening.js";
import { free, manualManager } from "../conformance/http/stage.js";
import { Gate } from "../support/gate.js";

function newApp() {
  const locks = createLockManager({ nodes: [memoryNode()] });
  onTestFinished(() => locks.close({ graceMs: 0 }));
  return { app: new Hono(), locks, locked: createLocked(locks) };
}

async function serve(app: Hono): Promise<Client> {
  const server = await listening(createAdaptorServer({ fetch: app.fetch }) as Server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Client(server);
}

const keyOf = (c: Context) => c.json({ key: leaseOf(c).key });

describe("locked()", () => {
  test("reads cookies, and the user that a middleware has set", async () => {
    const { app, locked } = newApp();
    app.use((c, next) => {
      c.set("user" as never, { id: 7 } as never);
      return next();
    });
    app.post("/", locked("{cookies.sid}:{user.id}"), keyOf);
    expect((await (await serve(app)).post("/", { cookie: "sid=c" })).json).toEqual({ key: "c:7" });
  });

  test("leaves the body to the handler, JSON or not", async () => {
    const { app, locked } = newApp();
    app.post("/json", locked("{body.id}"), async (c) => c.json(await c.req.json()));
    app.post(
      "/text",
      locked(async (c) => `k${(await c.req.text()).length}`),
      async (c) => c.json({ text: await c.req.text() }),
    );
    const client = await serve(app);
    expect((await client.postJson("/json", { id: 1 })).json).toEqual({ id: 1 });
    expect((await client.post("/text", {}, "plain")).json).toEqual({ text: "plain" });
    expect((await client.post("/json", {}, "no JSON")).status).toBe(400);
  });

  test("several of them are several locks, of which leaseOf() knows the innermost", async () => {
    const { app, locks, locked } = newApp();
    app.use("/seats/*", locked("all"));
    app.post("/seats/:id", locked("show"), locked("{params.id}"), keyOf);
    expect((await (await serve(app)).post("/seats/A1")).json).toEqual({ key: "A1" });
    await until(() => locks.stats().held === 0);
    expect(locks.stats()).toMatchObject({ acquired: 3, released: 3 });
  });

  test("there is no lease without it", () => {
    expect(() => leaseOf({ req: { raw: new Request("http://x/") } } as Context)).toThrow(/no lease/);
  });

  test("what the program's functions throw arrives at onError unchanged", async () => {
    const { app, locked } = newApp();
    const own = new Error("own");
    const seen: unknown[] = [];
    const fail = () => Promise.reject(own);
    app.onError((error, c) => {
      seen.push(error);
      return c.text("", 418);
    });
    app.post("/key", locked(fail), keyOf);
    app.post("/skip", locked("k", { skip: fail }), keyOf);
    app.post("/handler", locked("k"), fail);
    const client = await serve(app);
    for (const path of ["/key", "/skip", "/handler"]) expect((await client.post(path)).status).toBe(418);
    expect(seen).toEqual([own, own, own]);
  });
});

describe("an answer in place of the handler's", () => {
  const decorate = (app: Hono) => {
    app.use(cors());
    app.use((c, next) => {
      c.header("content-encoding", "br");
      c.header("set-cookie", "a=1", { append: true });
      c.header("set-cookie", "b=2", { append: true });
      return next();
    });
  };
  const EXPECTED = {
    "access-control-allow-origin": "*",
    "content-type": "application/problem+json",
    "set-cookie": ["a=1", "b=2"],
  };

  test("has the headers of other middlewares, but none that describe another body", async () => {
    const { app, locks, locked } = newApp();
    decorate(app);
    app.post("/", locked("k", { waitMs: 0 }), keyOf);
    await using _held = await locks.acquire("k");
    const { status, headers } = await (await serve(app)).post("/");
    expect(status).toBe(423);
    expect(headers).toMatchObject(EXPECTED);
    expect(headers).not.toHaveProperty("content-encoding");
  });

  test("has them, too, when the lease is lost while the handler runs", async () => {
    const { app } = newApp();
    decorate(app);
    const { locks, grant, lose } = manualManager();
    app.post("/", createLocked(locks)("k"), () => {
      lose(new LockError("ERR_LOCK_LOST", "lost"));
      return new Promise(() => {});
    });
    grant();
    const { headers } = await (await serve(app)).post("/");
    expect(headers).toMatchObject(EXPECTED);
    expect(headers).not.toHaveProperty("content-encoding");
  });
});

test("a stream that is cut by its client keeps the lock for graceMs, as its writer may be at work", async () => {
  const { app, locks, locked } = newApp();
  const left = new Gate();
  app.post("/", locked("k", { graceMs: 60 }), (c) => {
    leaseOf(c).signal.addEventListener("abort", () => left.open());
    return c.body(new ReadableStream({ start: (out) => out.enqueue(Buffer.from("part")) }));
  });
  const connection = (await serve(app)).connect();
  connection.post("/");
  await connection.receives(/part/);
  connection.socket.destroy();
  await left.opened;
  expect(locks.stats().held).toBe(1);
  await free(locks);
});
