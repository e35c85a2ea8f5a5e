import type { IncomingMessage } from "node:http";
import type { Middleware } from "./middleware.js";

const arrivals = new WeakMap<IncomingMessage, number>();

/**
 * For every answer: names the process, and says what clients must not guess, which is the content type and for how long
 * an answer is good. Notes when the request came.
 */
export function commonHeaders(): Middleware {
  return (req, res, next) => {
    arrivals.set(req, performance.now());
    res.setHeader("x-served-by", String(process.pid));
    res.setHeader("x-content-type-options", "nosniff");
    // Seats are sold meanwhile; the page's files say otherwise of themselves.
    res.setHeader("cache-control", "no-store");
    next();
  };
}

/** Milliseconds since the request came. */
export function msSinceArrival(req: IncomingMessage): number {
  return performance.now() - (arrivals.get(req) ?? performance.now());
}
