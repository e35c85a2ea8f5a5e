import type { IncomingMessage, ServerResponse } from "node:http";
import type { Lease, LockError, LockManager } from "@redlock-kit/core";
import {
  HttpExchange,
  type KeySource,
  type LockedRoute,
  type LockedRouteOptions,
  lockedRoutes,
  pickRoots,
  REPRESENTATION_HEADERS,
  requireLease,
} from "@redlock-kit/core/adapter";
import type { FastifyReply, FastifyRequest, RouteGenericInterface } from "fastify";

/** Options of one `locked()`, and of the defaults of {@link createLocked}. */
export interface LockedOptions extends LockedRouteOptions<FastifyRequest> {
  /**
   * Answers, by `reply.send()`, in place of the 423 when somebody else holds the lock. `done()` runs the handler without
   * it; what is thrown goes to the error handler.
   */
  readonly whenHeld?:
    | ((request: FastifyRequest, reply: FastifyReply, done: Done, error: LockError) => unknown)
    | undefined;
}

type Done = (error?: Error) => void;

/** A `preHandler` or `onRequest` hook that says nothing of the request's types, so that the handler keeps its own. */
export type LockedHook = (
  request: { readonly raw: IncomingMessage },
  reply: { readonly raw: ServerResponse },
  done: Done,
) => void;

/**
 * Makes the hook of one route.
 *
 * @param key a template such as `seat:{params.seatId}`, several templates (all or none is locked), or a function,
 * whose keys are used as they are
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unknown or bad options, a malformed template or an unknown root
 */
export type Locked = <Route extends RouteGenericInterface = { Params: Record<string, string> }>(
  key: KeySource<[request: FastifyRequest<Route>]>,
  options?: LockedOptions,
) => LockedHook;

/**
 * Makes the `locked()` of an application: a hook that takes a lock, runs the handler, and gives the lock back when the
 * response has ended. It answers refusals itself; what functions of the program throw goes to the error handler.
 *
 * @param defaults options of every route; what a route says itself counts more
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unknown or bad options
 */
export function createLocked(locks: LockManager, defaults: LockedOptions = {}): Locked {
  const routes = lockedRoutes<FastifyRequest, LockedOptions>(locks, defaults);
  return (key, options = {}) => {
    // A function that names the types of its route is given requests of that route alone.
    const route = routes(key as KeySource<[request: FastifyRequest]>, options);
    return (request, reply, done) =>
      void serve(route, request as FastifyRequest, reply as FastifyReply, done);
  };
}

function serve(
  route: LockedRoute<FastifyRequest, LockedOptions>,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done,
): Promise<void> {
  const exchange = HttpExchange.of(request.raw, reply.raw);
  return route.serve({
    exchange,
    request,
    url: request.originalUrl,
    rootsOf: (names) => pickRoots(request, names),
    proceed: () => done(),
    answer({ status, headers, body }) {
      for (const name of REPRESENTATION_HEADERS) reply.removeHeader(name);
      // Bytes: to a string Fastify would add a charset.
      reply
        .code(status)
        .headers(headers)
        .send(Buffer.from(JSON.stringify(body)));
    },
    answerForHandler: (answer) => exchange.answerForHandler(answer, reply.getHeaders()),
    whenHeld: (error) => route.whenHeld?.(request, reply, done, error),
    fail: (error) => done(error as Error),
  });
}

/**
 * The lease of the innermost `locked()` of a request. Its `signal` aborts when the lease is lost (`ERR_LOCK_LOST`) or
 * the client has left (`ERR_LOCK_ABORTED`), never after a normal end.
 *
 * @throws LockError `ERR_LOCK_NOT_HOLDER` without one: no `locked()`, or it was skipped or passed, or has ended
 */
export function leaseOf(request: { readonly raw: IncomingMessage }): Lease {
  return requireLease(request.raw);
}
