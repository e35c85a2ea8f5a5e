/* Compiled, never run. Each line that must not compile says so. */
import { createLockManager, type Lease, type LockError, memoryNode } from "@redlock-kit/core";
import { createLocked, leaseOf } from "@redlock-kit/fastify";
import { fastify, type FastifyRequest } from "fastify";
import { expectTypeOf } from "vitest";

const app = fastify();
const locked = createLocked(createLockManager({ nodes: [memoryNode()] }), { ttlMs: 10_000 });

// The handler behind it keeps the types that it has without it.
app.post<{ Params: { seatId: string }; Body: { seats: number } }>(
  "/seats/:seatId",
  { preHandler: locked("seat:{params.seatId}") },
  async (request) => {
    expectTypeOf(request.params.seatId).toEqualTypeOf<string>();
    expectTypeOf(request.body.seats).toEqualTypeOf<number>();
    expectTypeOf(leaseOf(request)).toEqualTypeOf<Lease>();
    // @ts-expect-error: the route has no such parameter
    void request.params.other;
  },
);
app.get("/", { onRequest: [locked("a"), locked("b")] }, (request) => {
  expectTypeOf(request.params).toEqualTypeOf<unknown>();
});
app.route<{ Querystring: { q: string } }>({
  method: "PUT",
  url: "/",
  preHandler: locked("k"),
  handler: async (request) => expectTypeOf(request.query.q).toEqualTypeOf<string>(),
});

// It goes wherever a hook goes.
app.addHook("preHandler", locked("k"));
app.addHook("onRequest", locked("k"));
app.addHook("preValidation", locked("k"));

// Keys.
locked(["a:{params.a}", "b:{params.b}"]);
locked((request) => [`user:${request.ip}`, request.routeOptions.url ?? ""]);
locked(async (request) => `order:${String(request.headers["x-order"])}`);
locked((request) => expectTypeOf(request.params).toEqualTypeOf<Record<string, string>>() && "k");
locked((request: FastifyRequest<{ Params: { id: string } }>) => request.params.id);
// @ts-expect-error: no key
locked((request) => request.headers);
// @ts-expect-error: no key source
locked(7);
// @ts-expect-error: a key is needed
locked();

// Options.
locked("k", {
  waitMs: 0,
  statusCode: 409,
  skip: async (request) => request.method === "GET",
  onUnavailable: "pass",
});
locked("k", {
  whenHeld: (request, reply, done, error) => {
    expectTypeOf(error).toEqualTypeOf<LockError>();
    return request.is404 ? done() : reply.code(202).send({ retryAfterMs: error.retryAfterMs });
  },
});
// @ts-expect-error: not a status for a held lock
locked("k", { statusCode: 404 });
// @ts-expect-error: an unknown option
locked("k", { ttl: 10_000 });
// @ts-expect-error: milliseconds are numbers
locked("k", { ttlMs: "10s" });
// @ts-expect-error: the hook has its own signal
locked("k", { signal: new AbortController().signal });
// @ts-expect-error: not a manager
createLocked({});
// @ts-expect-error: HTTP/2, whose streams end in other ways
fastify({ http2: true }).get("/", { preHandler: locked("k") }, async () => "");
