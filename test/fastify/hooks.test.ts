import { createLockManager, LockError, memoryNode } from "@redlock-kit/core";
import { createLocked, leaseOf } from "@redlock-kit/fastify";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { Client, until } from "../conformance/http/client.js";
import { aMoment, free, manualManager } from "../conformance/http/stage.js";
import { Gate } from "../support/gate.js";

/** An application without routes, and a manager for it; both end with the test. */
function newApp() {
  const locks = createLockManager({ nodes: [memoryNode()] });
  onTestFinished(() => locks.close({ graceMs: 0 }));
  const app = fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  return { app, locks, locked: createLocked(locks) };
}

async function serve(app: FastifyInstance): Promise<Client> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return new Client(app.server);
}

const keyOf = async (request: FastifyRequest) => ({ key: leaseOf(request).key });

describe("as onRequest, locked()", () => {
  test("locks before the body is there, for as long as the handler runs", async () => {
    const { app, locks, locked } = newApp();
    app.post("/:id", { onRequest: locked("{params.id}") }, async (request) => ({
      key: locks.assertLocked("7").key,
      body: request.body,
    }));
    expect((await (await serve(app)).postJson("/7", { a: 1 })).json).toEqual({ key: "7", body: { a: 1 } });
    await free(locks, "7");
  });

  test("has no body to lock by", async () => {
    const { app, locked } = newApp();
    app.post("/", { onRequest: locked("{body.id}") }, keyOf);
    expect(await (await serve(app)).postJson("/", { id: 1 })).toMatchObject({
      status: 400,
      json: { detail: "{body.id} is missing." },
    });
  });

  test("gives the lock back when the body turns out to be none", async () => {
    const { app, locks, locked } = newApp();
    app.post("/", { onRequest: locked("k") }, keyOf);
    const answer = await (await serve(app)).post("/", { "content-type": "application/json" }, "{");
    expect(answer.status).toBe(400);
    await free(locks);
  });

  test("gives the lock back when a client leaves in the middle of its body, after the grace", async () => {
    const { app, locks, locked } = newApp();
    app.post("/", { onRequest: locked("k", { graceMs: 20 }) }, keyOf);
    const { socket } = (await serve(app)).connect();
    socket.write(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    );
    await until(() => locks.stats().held === 1);
    socket.destroy();
    await free(locks);
  });
});

describe("locked()", () => {
  test("reads cookies and user where plugins decorate requests with them", async () => {
    const { app, locked } = newApp();
    app.decorateRequest("cookies", { getter: () => ({ sid: "c" }) });
    app.decorateRequest("user", { getter: () => ({ id: 7 }) });
    app.post("/", { preHandler: locked("{cookies.sid}:{user.id}") }, keyOf);
    expect((await app.inject({ method: "POST", url: "/" })).json()).toEqual({ key: "c:7" });
  });

  test("several of them are several locks, of which leaseOf() knows the innermost", async () => {
    const { app, locks, locked } = newApp();
    app.post("/", { onRequest: locked("outer"), preHandler: [locked("middle"), locked("inner")] }, keyOf);
    expect((await (await serve(app)).post("/")).json).toEqual({ key: "inner" });
    await until(() => locks.stats().held === 0);
    expect(locks.stats()).toMatchObject({ acquired: 3, released: 3 });
  });

  test("for a whole application stands before every route", async () => {
    const { app, locked } = newApp();
    app.addHook("preHandler", locked("all"));
    app.post("/", keyOf);
    expect((await (await serve(app)).post("/")).json).toEqual({ key: "all" });
  });

  test("there is no lease without it", () => {
    expect(() => leaseOf({ raw: {} } as FastifyRequest)).toThrow(/no lease/);
  });

  test("what the program's functions throw arrives at the error handler unchanged", async () => {
    const { app, locked } = newApp();
    const own = new Error("own");
    const seen: unknown[] = [];
    const fail = () => Promise.reject(own);
    app.setErrorHandler((error, _request, reply) => {
      seen.push(error);
      void reply.code(418).send();
    });
    app.post("/key", { preHandler: locked(fail) }, keyOf);
    app.post("/skip", { preHandler: locked("k", { skip: fail }) }, keyOf);
    app.post("/handler", { preHandler: locked("k") }, fail);
    const client = await serve(app);
    for (const path of ["/key", "/skip", "/handler"]) expect((await client.post(path)).status).toBe(418);
    expect(seen).toEqual([own, own, own]);
  });
});

test("a handler that returns nothing after its client left keeps its lock for graceMs: Fastify ends nothing then", async () => {
  const { app, locks, locked } = newApp();
  const left = new Gate();
  app.post("/", { preHandler: locked("k", { graceMs: 100 }) }, async (request) => {
    const { signal } = leaseOf(request);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await aMoment();
    left.open();
  });
  const { leave } = (await serve(app)).leavingPost("/");
  await until(() => locks.stats().held === 1);
  leave();
  await left.opened;
  await aMoment();
  expect(locks.stats().held).toBe(1);
  await free(locks);
});

describe("an answer in place of the handler's", () => {
  const decorate = (app: FastifyInstance) =>
    app.addHook("onRequest", async (_request, reply) => {
      void reply.headers({ "access-control-allow-origin": "*", "content-encoding": "br", etag: '"x"' });
    });

  test("has the headers of other hooks, but none that describe another body, and goes through onSend", async () => {
    const { app, locks, locked } = newApp();
    decorate(app);
    const sent: unknown[] = [];
    app.addHook("onSend", async (_request, reply, payload) => {
      sent.push([reply.statusCode, JSON.parse(String(payload)).code]);
    });
    app.post("/", { preHandler: locked("k", { waitMs: 0 }) }, keyOf);
    await using _held = await locks.acquire("k");
    const { headers, status } = await (await serve(app)).post("/");
    expect(status).toBe(423);
    expect(headers).toMatchObject({ "access-control-allow-origin": "*" });
    expect(headers).not.toHaveProperty("content-encoding");
    expect(headers).not.toHaveProperty("etag");
    expect(sent).toEqual([[423, "ERR_LOCK_HELD"]]);
  });

  test("has them, too, when the lease is lost while the handler runs", async () => {
    const { app } = newApp();
    decorate(app);
    const { locks, grant, lose } = manualManager();
    app.post("/", { preHandler: createLocked(locks)("k") }, () => {
      lose(new LockError("ERR_LOCK_LOST", "lost"));
      return new Promise(() => {});
    });
    app.setErrorHandler(() => expect.unreachable());
    grant();
    const { headers } = await (await serve(app)).post("/");
    expect(headers).toMatchObject({
      "access-control-allow-origin": "*",
      "content-type": "application/problem+json",
    });
    expect(headers).not.toHaveProperty("content-encoding");
  });
});

describe("a handler that goes on after its lease was lost, and its client got 503,", () => {
  test.each([
    ["returns a value", async () => ({ late: true })],
    ["returns nothing", async () => {}],
    [
      "sends a value",
      (_request: FastifyRequest, reply: FastifyReply) => reply.code(201).send({ late: true }),
    ],
    ["throws", () => Promise.reject(new Error("late"))],
    ["redirects", (_request: FastifyRequest, reply: FastifyReply) => reply.redirect("/elsewhere")],
    ["sends a Response", async () => new Response("late", { headers: { "x-late": "1" } })],
  ])("ends its lock when it %s, and its connection goes on", async (_, finish) => {
    const { app, locks, locked } = newApp();
    const [gate, aborted] = [new Gate(), new Gate()];
    const options = { ttlMs: 100, maxHoldMs: 1, graceMs: 60_000 };
    app.post("/lost", { preHandler: locked("k", options) }, async (request, reply) => {
      leaseOf(request).signal.addEventListener("abort", () => aborted.open());
      await gate.opened;
      return finish(request, reply);
    });
    app.post("/next", async () => "next");
    const connection = (await serve(app)).connect();
    connection.post("/lost");
    await connection.receives(/503[^]*ERR_LOCK_LOST/);
    expect(locks.stats().overrun).toBe(1);
    gate.open();
    await until(() => locks.stats().overrun === 0);
    connection.post("/next");
    await connection.receives(/next$/);
    expect(connection.received.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 503", "HTTP/1.1 200"]);
  });
});

test("a request to which nothing can be added any more knows its lease all the same", async () => {
  const { app, locks, locked } = newApp();
  app.addHook("preValidation", async (request) => void Object.preventExtensions(request.raw));
  app.post("/", { preHandler: locked("k") }, keyOf);
  expect((await (await serve(app)).postJson("/", {})).json).toEqual({ key: "k" });
  await free(locks, "k");
});
