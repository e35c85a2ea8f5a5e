import type { IncomingMessage } from "node:http";
import { json, type Request } from "express";
import type { Middleware } from "./middleware.js";
import { badRequest, Problem } from "./problem.js";

const LONGEST_BYTES = 16 * 1024;

const parse = json({ limit: LONGEST_BYTES });

/** Parses a JSON body into `req.body`, and refuses what is no JSON, is too long or has another content type. */
export function jsonBody(): Middleware {
  return (req, res, next) => {
    if (isOfAnotherType(req)) return next(unsupported("The body must be application/json."));
    parse(req, res, (error?: unknown) => next(error && problemOf(error)));
  };
}

function isOfAnotherType(req: IncomingMessage): boolean {
  // A body of no bytes has no type; what it lacks is told later.
  return req.headers["content-length"] !== "0" && (req as Request).is("application/json") === false;
}

/** The parser's errors carry the status that they stand for. */
function problemOf(error: unknown): unknown {
  switch ((error as { status?: unknown }).status) {
    case 413:
      return new Problem(413, "BODY_TOO_LARGE", `The body may have ${LONGEST_BYTES} bytes at most.`);
    case 415:
      return unsupported("The body has a charset or an encoding that can't be read.");
    case 400:
      return badRequest("The body must be a JSON object.");
    default:
      return error;
  }
}

function unsupported(detail: string): Problem {
  return new Problem(415, "UNSUPPORTED_MEDIA_TYPE", detail);
}
