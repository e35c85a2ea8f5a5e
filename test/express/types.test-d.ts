/* Compiled, never run. Each line that must not compile says so. */
import { createLockManager, type Lease, type LockError, memoryNode } from "@redlock-kit/core";
import { createLocked, leaseOf, lockErrors } from "@redlock-kit/express";
import express, { type Request, type RequestHandler, Router } from "express";
import { expectTypeOf } from "vitest";

const app = express();
const locked = createLocked(createLockManager({ nodes: [memoryNode()] }), { ttlMs: 10_000 });

// The handler behind it keeps the types that it has without it.
app.post("/shows/:showId/seats/:seatId", locked("seat:{params.seatId}"), async (req, res) => {
  expectTypeOf(req.params.seatId).toEqualTypeOf<string>();
  expectTypeOf(leaseOf(req)).toEqualTypeOf<Lease>();
  // @ts-expect-error: the route has no such parameter
  void req.params.other;
  res.json({});
});
app.route("/:id").put(locked("{params.id}"), (req) => expectTypeOf(req.params.id).toEqualTypeOf<string>());
Router().get("/:id", locked("{params.id}"), locked("k"), (req) =>
  expectTypeOf(req.params.id).toEqualTypeOf<string>(),
);
app.post<{ id: string }, { ok: boolean }, { seats: number }>("/:id", locked("k"), (req, res) => {
  expectTypeOf(req.body.seats).toEqualTypeOf<number>();
  // @ts-expect-error: the response's body has another type
  res.json({ ok: 1 });
});

// It goes wherever a middleware goes.
app.use(locked("k"));
app.use("/admin", [locked("k"), express.json()]);
expectTypeOf(locked("k")).toExtend<RequestHandler>();
app.use(lockErrors());

// Keys.
locked(["a:{params.a}", "b:{params.b}"]);
locked((req) => [req.params.id ?? "", `user:${req.ip}`]);
locked(async (req) => `order:${req.get("x-order")}`);
locked((req: Request<{ id: string }>) => req.params.id);
// @ts-expect-error: no key
locked((req) => req.params);
// @ts-expect-error: no key source
locked(7);
// @ts-expect-error: a key is needed
locked();

// Options.
locked("k", { waitMs: 0, statusCode: 409, skip: async (req) => req.method === "GET", onUnavailable: "pass" });
locked("k", {
  whenHeld: (req, res, next, error) => {
    expectTypeOf(error).toEqualTypeOf<LockError>();
    return req.accepts("json") ? res.json({ retryAfterMs: error.retryAfterMs }) : next();
  },
});
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
