import { createLockManager, memoryNode } from "@redlock-kit/core";
import { createLocked, leaseOf } from "@redlock-kit/hono";
import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { until } from "../conformance/http/client.js";
import { aMoment, free, held, waiting } from "../conformance/http/stage.js";
import { Gate } from "../support/gate.js";

/** An application that is called as a function, with nothing of node:http underneath. */
function newApp() {
  const locks = createLockManager({ nodes: [memoryNode()] });
  onTestFinished(() => locks.close({ graceMs: 0 }));
  const app = new Hono();
  app.onError((error, c) => c.text(error.message, 418));
  const post = (init?: RequestInit) => app.request("/", { method: "POST", ...init });
  return { app, locks, locked: createLocked(locks), post };
}

const keyOf = (c: Context) => c.text(leaseOf(c).key);

describe("without node:http underneath,", () => {
  test.each([
    ["answers", keyOf, 200],
    ["answers with nothing", (c: Context) => c.body(null, 204), 204],
    ["throws", () => Promise.reject(new Error("handler")), 418],
  ])(
    "a handler that %s gives its lock back once, whether anybody reads its answer or not",
    async (_, handler, status) => {
      const { app, locks, locked, post } = newApp();
      app.post("/", locked("k"), handler);
      expect((await post()).status).toBe(status);
      await free(locks);
      expect(locks.stats()).toMatchObject({ acquired: 1, released: 1, lost: 0 });
    },
  );

  test("the answer arrives as the handler made it", async () => {
    const { app, locked, post } = newApp();
    app.post("/", locked("k"), (c) => {
      c.header("set-cookie", "a=1", { append: true });
      c.header("set-cookie", "b=2", { append: true });
      return c.json({ fencingToken: leaseOf(c).fencingToken }, 201, { "x-own": "1" });
    });
    const answer = await post();
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-own")).toBe("1");
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ fencingToken: expect.any(Number) });
  });

  test("a stream keeps its lock until it has ended", async () => {
    const { app, locks, locked, post } = newApp();
    const gate = new Gate();
    app.post("/", locked("k"), (c) =>
      stream(c, async (out) => {
        await out.write("one ");
        await gate.opened;
        await out.write(`two ${locks.assertLocked("k").key}`);
      }),
    );
    const answer = await post();
    await aMoment();
    expect(locks.stats().held).toBe(1);
    gate.open();
    expect(await answer.text()).toBe("one two k");
    await free(locks);
  });

  test("a stream that nobody reads to its end keeps its lock for graceMs", async () => {
    const { app, locks, locked, post } = newApp();
    app.post("/", locked("k", { graceMs: 30 }), (c) => stream(c, () => new Promise(() => {})));
    const answer = await post();
    await answer.body?.cancel();
    expect(locks.stats().held).toBe(1);
    await free(locks);
  });

  test("HEAD, whose body nobody reads, keeps the lock of a stream for graceMs, and no other", async () => {
    const { app, locks, locked } = newApp();
    app.get("/stream", locked("stream", { graceMs: 30 }), (c) => stream(c, () => new Promise(() => {})));
    app.get("/json", locked("json", { graceMs: 60_000 }), keyOf);
    for (const key of ["stream", "json"]) {
      expect((await app.request(`/${key}`, { method: "HEAD" })).status).toBe(200);
      await free(locks, key);
    }
  });

  test("a stream whose client left before it began keeps its lock for graceMs", async () => {
    const { app, locks, locked, post } = newApp();
    const gate = new Gate();
    app.post("/", locked("k", { graceMs: 50 }), async (c) => {
      await gate.opened;
      return stream(c, () => new Promise(() => {}));
    });
    const client = new AbortController();
    const answer = post({ signal: client.signal });
    await held(locks);
    client.abort();
    gate.open();
    await answer;
    expect(locks.stats().held).toBe(1);
    await free(locks);
  });

  test("a held lock is answered by 423 problem+json", async () => {
    const { app, locks, locked, post } = newApp();
    app.post("/", locked("k", { waitMs: 0 }), keyOf);
    await using _held = await locks.acquire("k", { ttlMs: 8_500 });
    const answer = await post();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([423, "application/problem+json"]);
    expect(answer.headers.get("retry-after")).toBe("9");
    expect(await answer.json()).toMatchObject({ code: "ERR_LOCK_HELD", instance: "/" });
  });

  test("a client that leaves stops waiting", async () => {
    const { app, locks, locked, post } = newApp();
    const handler = vi.fn(keyOf);
    app.post("/", locked("k", { waitMs: 60_000 }), handler);
    await using _held = await locks.acquire("k");
    const client = new AbortController();
    const answer = post({ signal: client.signal });
    await waiting(locks, 1);
    client.abort();
    expect((await answer).status).toBe(499);
    await waiting(locks, 0);
    expect(handler).not.toHaveBeenCalled();
  });

  test("a client that leaves aborts the signal, and the lock stays until the handler has ended", async () => {
    const { app, locks, locked, post } = newApp();
    const gate = new Gate();
    let signal: AbortSignal | undefined;
    app.post("/", locked("k", { graceMs: 60_000 }), async (c) => {
      signal = leaseOf(c).signal;
      await gate.opened;
      return c.text("done");
    });
    const client = new AbortController();
    void post({ signal: client.signal });
    await held(locks);
    await until(() => signal !== undefined);
    client.abort();
    expect(signal?.reason).toMatchObject({ code: "ERR_LOCK_ABORTED" });
    await aMoment();
    expect(locks.stats().held).toBe(1);
    gate.open();
    await free(locks);
  });

  test("a lost lease is answered by 503 at once, and the handler counts as at work until it has ended", async () => {
    const { app, locks, locked, post } = newApp();
    const gate = new Gate();
    app.post("/", locked("k", { ttlMs: 60, maxHoldMs: 1, graceMs: 60_000 }), async (c) => {
      await gate.opened;
      return c.text("late");
    });
    const answer = await post();
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "ERR_LOCK_LOST" });
    expect(locks.stats().overrun).toBe(1);
    gate.open();
    await until(() => locks.stats().overrun === 0);
  });

  test("another lock of the same request stays until the handler has ended, too", async () => {
    const { app, locks, locked, post } = newApp();
    const gate = new Gate();
    app.post(
      "/",
      locked("outer", { graceMs: 60_000 }),
      locked("k", { ttlMs: 60, maxHoldMs: 1, graceMs: 60_000 }),
      async (c) => {
        await gate.opened;
        return c.text("late");
      },
    );
    expect((await post()).status).toBe(503);
    await aMoment();
    expect(await locks.tryAcquire("outer")).toBeNull();
    gate.open();
    await free(locks, "outer");
  });

  test("a lock that the request waits for is given up when another one of it is lost", async () => {
    const { app, locks, locked, post } = newApp();
    const handler = vi.fn(keyOf);
    app.post(
      "/",
      locked("outer", { ttlMs: 60, maxHoldMs: 1, graceMs: 60_000 }),
      locked("k", { waitMs: 60_000 }),
      handler,
    );
    await using _held = await locks.acquire("k");
    expect((await post()).status).toBe(503);
    await waiting(locks, 0);
    await until(() => locks.stats().overrun === 0);
    expect(handler).not.toHaveBeenCalled();
  });
});
