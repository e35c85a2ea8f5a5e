/* Compiled, never run. Each line that must not compile says so. */
import { createLockManager, type Lease, type LockError, memoryNode } from "@redlock-kit/core";
import { createLocked, leaseOf } from "@redlock-kit/hono";
import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { validator } from "hono/validator";
import { expectTypeOf } from "vitest";

const app = new Hono<{ Variables: { user: { id: number } } }>();
const locked = createLocked(createLockManager({ nodes: [memoryNode()] }), { ttlMs: 10_000 });

// The handler behind it keeps the types that it has without it.
app.post("/shows/:showId/seats/:seatId", locked("seat:{params.seatId}"), async (c) => {
  expectTypeOf(c.req.param("seatId")).toEqualTypeOf<string>();
  expectTypeOf(c.get("user").id).toEqualTypeOf<number>();
  expectTypeOf(leaseOf(c)).toEqualTypeOf<Lease>();
  // @ts-expect-error: the route has no such parameter
  void c.req.param("other").length;
  return c.json({});
});
app.put(
  "/:id",
  validator("json", () => ({ seats: 1 })),
  locked("{params.id}"),
  locked("k"),
  (c) => {
    expectTypeOf(c.req.valid("json").seats).toEqualTypeOf<number>();
    expectTypeOf(c.req.param("id")).toEqualTypeOf<string>();
    return c.text("done");
  },
);
app.get(
  "/:id",
  locked("k"),
  createMiddleware<{ Variables: { more: string } }>((_c, next) => next()),
  (c) => {
    expectTypeOf(c.var.more).toEqualTypeOf<string>();
    return c.text("done");
  },
);

// It goes wherever a middleware goes.
app.use(locked("k"));
app.use("/admin/*", locked("k"), locked("l"));

// Keys.
locked(["a:{params.a}", "b:{params.b}"]);
locked((c) => [c.req.param("id") ?? "", `user:${c.req.method}`]);
locked(async (c) => `order:${c.req.header("x-order")}`);
locked((c: Context<{ Variables: { user: { id: number } } }>) => String(c.get("user").id));
// @ts-expect-error: no key
locked((c) => c.req);
// @ts-expect-error: no key source
locked(7);
// @ts-expect-error: a key is needed
locked();

// Options.
locked("k", { waitMs: 0, statusCode: 409, skip: async (c) => c.req.method === "GET", onUnavailable: "pass" });
locked("k", {
  whenHeld: (c, next, error) => {
    expectTypeOf(error).toEqualTypeOf<LockError>();
    return c.req.method === "GET" ? next() : c.json({ retryAfterMs: error.retryAfterMs }, 202);
  },
});
// @ts-expect-error: whenHeld answers by a response
locked("k", { whenHeld: () => "busy" });
// @ts-expect-error: not a status for a held lock
locked("k", { statusCode: 404 });
// @ts-expect-error: an unknown option
locked("k", { ttl: 10_000 });
// @ts-expect-error: milliseconds are numbers
locked("k", { ttlMs: "10s" });
// @ts-expect-error: the middleware has its own signal
locked("k", { signal: new AbortController().signal });
// @ts-expect-error: not a manager
createLocked({});
