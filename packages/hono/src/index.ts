import { IncomingMessage, ServerResponse } from "node:http";
import type { Lease, LockError, LockManager } from "@redlock-kit/core";
import {
  FetchExchange,
  type HttpAnswer,
  HttpExchange,
  type HttpRoots,
  type KeySource,
  type LockedRoute,
  type LockedRouteOptions,
  lockedRoutes,
  REPRESENTATION_HEADERS,
  requireLease,
} from "@redlock-kit/core/adapter";
import type { Context, MiddlewareHandler, Next } from "hono";
import { getCookie } from "hono/cookie";

/** Options of one `locked()`, and of the defaults of {@link createLocked}. */
export interface LockedOptions extends LockedRouteOptions<Context> {
  /**
   * Gives the answer in place of the 423 when somebody else holds the lock. `await next()` runs the handler without
   * it; what is thrown goes to the error handler.
   */
  readonly whenHeld?:
    | ((c: Context, next: Next, error: LockError) => Response | void | Promise<Response | void>)
    | undefined;
}

/**
 * Makes the middleware of one route.
 *
 * @param key a template such as `seat:{params.seatId}`, several templates (all or none is locked), or a function,
 * whose keys are used as they are
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unknown or bad options, a malformed template or an unknown root
 */
export type Locked = (key: KeySource<[c: Context]>, options?: LockedOptions) => MiddlewareHandler;

/**
 * Makes the `locked()` of an application: a middleware that takes a lock, runs the handler, and gives the lock back
 * when the response has ended. It answers refusals itself; what functions of the program throw goes to `onError`.
 *
 * @param defaults options of every route; what a route says itself counts more
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unknown or bad options
 */
export function createLocked(locks: LockManager, defaults: LockedOptions = {}): Locked {
  const routes = lockedRoutes<Context, LockedOptions>(locks, defaults);
  return (key, options = {}) => {
    const route = routes(key, options);
    return (c, next) => new Promise((resolve, reject) => serve(route, c, next, resolve, reject));
  };
}

/** @param respond settles the middleware, whose promise has to last as long as what stands behind it */
function serve(
  route: LockedRoute<Context, LockedOptions>,
  c: Context,
  next: Next,
  respond: (response: Response | void) => void,
  fail: (error: unknown) => void,
): void {
  const exchange = exchangeOf(c);
  let isAnswered = false;
  const end = (): void => {
    if (exchange instanceof HttpExchange) return;
    if (isAnswered) return exchange.abandon();
    c.res = exchange.respond(c.res);
    // Nobody reads the body, whose writer may be at work.
    if (c.req.method === "HEAD") exchange.answered();
  };
  void route.serve({
    exchange,
    request: c,
    url: c.req.url,
    rootsOf: (names) => rootsOf(c, names),
    // Not by the promise itself, in whose place another answer could not come any more.
    proceed: (lease) =>
      void next()
        .finally(lease === undefined ? undefined : end)
        .then(respond, fail),
    answer: (answer) => respond(responseOf(c, answer)),
    answerForHandler(answer) {
      if (exchange instanceof HttpExchange) return exchange.answerForHandler(answer, keptHeaders(c));
      isAnswered = true;
      respond(responseOf(c, answer));
      exchange.answered();
    },
    whenHeld: async (error) => respond(await route.whenHeld?.(c, next, error)),
    abandon: () => respond(new Response(null, { status: 499 })),
    fail,
  });
}

/** With bindings of `node:http` underneath, they know best how a request ends. */
function exchangeOf(c: Context): HttpExchange | FetchExchange {
  const { incoming, outgoing } = (c.env ?? {}) as { incoming?: unknown; outgoing?: unknown };
  if (incoming instanceof IncomingMessage && outgoing instanceof ServerResponse) {
    return HttpExchange.of(incoming, outgoing);
  }
  return FetchExchange.of(c, c.req.raw.signal);
}

/** How the parts are read that a template names. */
const READERS: Readonly<Record<keyof HttpRoots, (c: Context) => unknown>> = {
  params: (c) => c.req.param(),
  query: (c) =>
    Object.fromEntries(
      Object.entries(c.req.queries()).map(([name, values]) => [
        name,
        values.length === 1 ? values[0] : values,
      ]),
    ),
  // What is no JSON is no value: the template says so.
  body: (c) => c.req.json().catch(() => undefined),
  headers: (c) => c.req.header(),
  cookies: (c) => getCookie(c),
  user: (c) => c.get("user") as unknown,
};

async function rootsOf(c: Context, names: readonly string[]): Promise<Partial<HttpRoots>> {
  const roots: Record<string, unknown> = {};
  for (const name of names) roots[name] = await READERS[name as keyof HttpRoots](c);
  return roots;
}

function responseOf(c: Context, { status, headers, body }: HttpAnswer): Response {
  for (const name of REPRESENTATION_HEADERS) c.header(name, undefined);
  return c.newResponse(JSON.stringify(body), status as 423, headers);
}

function keptHeaders(c: Context): Record<string, string | string[]> {
  const { headers } = c.res;
  const cookies = headers.getSetCookie();
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) };
}

/**
 * The lease of the innermost `locked()` of a request. Its `signal` aborts when the lease is lost (`ERR_LOCK_LOST`) or
 * the client has left (`ERR_LOCK_ABORTED`), never after a normal end.
 *
 * @throws LockError `ERR_LOCK_NOT_HOLDER` without one: no `locked()`, or it was skipped or passed, or has ended
 */
export function leaseOf(c: Context): Lease {
  return requireLease(exchangeOf(c).request);
}
