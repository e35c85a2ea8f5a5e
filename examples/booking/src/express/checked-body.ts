import type { IncomingMessage } from "node:http";
import type { Middleware } from "../http/middleware.js";

/** Replaces the body by what `check` makes of it. Stands before the lock: a bad request waits for nobody. */
export function checkedBody(check: (body: unknown) => unknown): Middleware {
  return (req: IncomingMessage & { body?: unknown }, _res, next) => {
    req.body = check(req.body);
    next();
  };
}
