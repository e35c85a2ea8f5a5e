import type { IncomingMessage, ServerResponse } from "node:http";
import type { Lease, LockError, LockManager } from "@redlock-kit/core";
import {
  type HttpAnswer,
  HttpExchange,
  type HttpRoots,
  innermostLease,
  type KeySource,
  type LockedRequest,
  type LockedRoute,
  type LockedRouteOptions,
  lockedRoutes,
  pickRoots,
} from "@redlock-kit/core/adapter";
import type { NextFunction, Request, Response } from "express";

/** Options of one `locked()`, and of the defaults of {@link createLocked}. */
export interface LockedOptions extends LockedRouteOptions<Request> {
  /**
   * Answers in place of the 423 when somebody else holds the lock. `next()` runs the handler without it; what is
   * thrown goes to the error handlers.
   */
  readonly whenHeld?:
    | ((req: Request, res: Response, next: NextFunction, error: LockError) => unknown)
    | undefined;
}

/** A middleware that says nothing of the request's types, so that the handler behind it keeps its own. */
export type LockedMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Makes the middleware of one route.
 *
 * @param key a template such as `seat:{params.seatId}`, several templates (all or none is locked), or a function,
 * whose keys are used as they are
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unknown or bad options, a malformed template or an unknown root
 */
export type Locked = <Params = Record<string, string>>(
  key: KeySource<[req: Request<Params>]>,
  options?: LockedOptions,
) => LockedMiddleware;

/**
 * Makes the `locked()` of an application: a middleware that takes a lock, runs the handler, and gives the lock back
 * when the response has ended. It answers refusals itself; what functions of the program throw goes to `next`.
 *
 * @param defaults options of every route; what a route says itself counts more
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unknown or bad options
 */
export function createLocked(locks: LockManager, defaults: LockedOptions = {}): Locked {
  const routes = lockedRoutes<Request, LockedOptions>(locks, defaults);
  return (key, options = {}) => {
    // A function that names the parameters of its route is given requests of that route alone.
    const route = routes(key as KeySource<[req: Request]>, options);
    return (req, res, next) => {
      const call = new ExpressCall(route, req as Request, res as Response, next);
      void route.serve(call).then(() => call.released());
    };
  };
}

/** One request to a locked route, and what Express does about it. */
class ExpressCall implements LockedRequest<Request> {
  readonly exchange: HttpExchange;
  readonly request: Request;
  readonly #route: LockedRoute<Request, LockedOptions>;
  readonly #response: Response;
  readonly #next: NextFunction;

  constructor(
    route: LockedRoute<Request, LockedOptions>,
    request: Request,
    response: Response,
    next: NextFunction,
  ) {
    this.exchange = HttpExchange.of(request, response);
    this.request = request;
    this.#route = route;
    this.#response = response;
    this.#next = next;
  }

  get url(): string {
    return this.request.originalUrl;
  }

  rootsOf(names: readonly string[]): Partial<HttpRoots> {
    return pickRoots(this.request, names);
  }

  proceed(lease: Lease | undefined): void {
    if (lease !== undefined) this.#response.locals.lease = lease;
    this.#next();
  }

  answer(answer: HttpAnswer): void {
    this.exchange.answer(answer);
  }

  answerForHandler(answer: HttpAnswer): void {
    this.exchange.answerForHandler(answer);
  }

  whenHeld(error: LockError): unknown {
    return this.#route.whenHeld?.(this.request, this.#response, this.#next, error);
  }

  fail(error: unknown): void {
    this.#next(error);
  }

  released(): void {
    this.#response.locals.lease = innermostLease(this.request);
  }
}
