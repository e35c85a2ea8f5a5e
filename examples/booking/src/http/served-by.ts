import type { IncomingMessage } from "node:http";
import type { Middleware } from "./middleware.js";

const arrivals = new WeakMap<IncomingMessage, number>();

/** Names the process on every answer, and notes when the request came. */
export function servedBy(): Middleware {
  return (req, res, next) => {
    arrivals.set(req, performance.now());
    res.setHeader("x-served-by", String(process.pid));
    next();
  };
}

/** Milliseconds since the request came. */
export function msSinceArrival(req: IncomingMessage): number {
  return performance.now() - (arrivals.get(req) ?? performance.now());
}
