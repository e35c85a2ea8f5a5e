import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type AcquireOptions,
  isLockError,
  type LockError,
  type LockKeys,
  type LockManager,
} from "@redlock-kit/core";
import {
  type CompiledKeySource,
  checkOptions,
  compileKeySource,
  HTTP_LOCK_RULES,
  HTTP_ROOTS,
  HttpExchange,
  type HttpLockOptions,
  type HttpRoots,
  httpAnswer,
  innermostLease,
  isUnusableValue,
  type KeySource,
  requireLockManager,
  runLocked,
} from "@redlock-kit/core/adapter";
import type { NextFunction, Request, Response } from "express";

/** Options of one `locked()`, and of the defaults of {@link createLocked}. */
export interface LockedOptions extends HttpLockOptions {
  /**
   * Answers in place of the 423 when somebody else holds the lock. `next()` runs the handler without it; what is
   * thrown goes to the error handlers.
   */
  readonly whenHeld?:
    | ((req: Request, res: Response, next: NextFunction, error: LockError) => unknown)
    | undefined;
  /** Picks the requests whose handler runs without a lock. */
  readonly skip?: ((req: Request) => boolean | Promise<boolean>) | undefined;
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
  requireLockManager(locks);
  const checkedDefaults = checkOptions(defaults, HTTP_LOCK_RULES);
  return <Params>(key: KeySource<[req: Request<Params>]>, options: LockedOptions = {}): LockedMiddleware => {
    const settings = { ...checkedDefaults, ...checkOptions(options, HTTP_LOCK_RULES) };
    const { graceMs, statusCode, onUnavailable, whenHeld, skip, ...lock } = settings;
    const keys = compileKeySource(key, { roots: HTTP_ROOTS }) as CompiledKeySource<[req: Request]>;
    const route: Route = { locks, keys, lock, graceMs, statusCode, onUnavailable, whenHeld, skip };
    return (req, res, next) => void serve(route, req as Request, res as Response, next).catch(next);
  };
}

/** One `locked()`: everything that is the same for all of its requests. */
interface Route
  extends Pick<LockedOptions, "graceMs" | "statusCode" | "onUnavailable" | "whenHeld" | "skip"> {
  readonly locks: LockManager;
  readonly keys: CompiledKeySource<[req: Request]>;
  readonly lock: AcquireOptions;
}

async function serve(route: Route, req: Request, res: Response, next: NextFunction): Promise<void> {
  // Listens from here on: nothing that happens to the connection during an await is missed.
  const exchange = HttpExchange.of(req, res);
  if (await route.skip?.(req)) return next();

  const keys = await route.keys.resolve([req], rootsOf(req)).catch(unusableValueOnly);
  const refusal = isLockError(keys) ? keys : await handleLocked(route, keys, exchange, req, res, next);
  if (refusal === undefined) return;

  if (exchange.isOver) exchange.abandon();
  else if (refusal.code === "ERR_LOCK_HELD" && route.whenHeld) await route.whenHeld(req, res, next, refusal);
  else if (refusal.code === "ERR_LOCK_UNAVAILABLE" && route.onUnavailable === "pass") next();
  else if (!exchange.canAnswer) next(refusal);
  else exchange.answer(httpAnswer(refusal, { url: req.originalUrl, heldStatus: route.statusCode }));
}

/** Resolves after the release; with an error if the lock was refused and the handler never ran. */
async function handleLocked(
  { locks, lock, graceMs }: Route,
  keys: LockKeys,
  exchange: HttpExchange,
  req: Request,
  res: Response,
  next: NextFunction,
): Promise<LockError | undefined> {
  const lostAnswer = (error: LockError) => httpAnswer(error, { url: req.originalUrl });
  try {
    await runLocked(locks, keys, exchange, { lock, graceMs, lostAnswer }, (lease) => {
      res.locals.lease = lease;
      next();
    });
    return undefined;
  } catch (error) {
    if (!isLockError(error)) throw error;
    return error;
  } finally {
    res.locals.lease = innermostLease(req);
  }
}

function unusableValueOnly(error: unknown): LockError {
  if (isUnusableValue(error)) return error;
  throw error;
}

/** Getters, since Express parses a query when it is asked for it. */
function rootsOf(req: Request): HttpRoots {
  return {
    get params() {
      return req.params;
    },
    get query() {
      return req.query;
    },
    get body() {
      return req.body as unknown;
    },
    get headers() {
      return req.headers;
    },
    get cookies() {
      return req.cookies as unknown;
    },
    get user() {
      return (req as { user?: unknown }).user;
    },
  };
}
