import type { ErrorRequestHandler } from "express";
import { answerProblem } from "../http/answer-problem.js";
import type { Middleware } from "../http/middleware.js";
import { badRequest, type Method, methodNotAllowed, notFound } from "../http/problem.js";

/** Stands behind the methods of a route: what comes here has another one. */
export function otherMethods(...allowed: readonly Method[]): Middleware {
  return (_req, _res, next) => next(methodNotAllowed(...allowed));
}

/** Stands behind all routes: what comes here was meant for none of them. */
export function unknownAddress(): Middleware {
  return (_req, _res, next) => next(notFound());
}

/** Answers all errors. Express knows an error handler by its four parameters. */
export function problemErrors(): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    // The router's, for an address with a broken percent-encoding.
    answerProblem(error instanceof URIError ? badRequest("The address is malformed.") : error, req, res);
  };
}
