import type { IncomingMessage, ServerResponse } from "node:http";
import { isLockError } from "@redlock-kit/core";
import { HttpExchange, httpAnswer } from "@redlock-kit/core/adapter";
import type { Request } from "express";

/** An error handler of Express. */
export type LockErrorsMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Makes an error handler that answers lock errors of handlers as `locked()` answers its own, and passes on all others.
 * Put it behind the routes.
 */
export function lockErrors(): LockErrorsMiddleware {
  return (error, req, res, next) => {
    if (!isLockError(error)) return next(error);
    const exchange = HttpExchange.of(req, res);
    if (exchange.canAnswer) return exchange.answer(httpAnswer(error, { url: (req as Request).originalUrl }));
    // Nobody is there to be told, but the lock must learn that the handler has ended.
    if (exchange.isOver) return void res.end();
    next(error);
  };
}
