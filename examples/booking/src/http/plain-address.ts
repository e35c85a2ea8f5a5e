import { answerProblem } from "./answer-problem.js";
import type { Middleware } from "./middleware.js";
import { badRequest } from "./problem.js";

/** Refuses addresses with control characters, which neither locks nor databases take. Stands before the routes. */
export function plainAddress(): Middleware {
  return (req, res, next) => {
    if (!hasControlCharacters(req.url ?? "")) return next();
    answerProblem(badRequest("The address must not contain control characters."), req, res);
  };
}

function hasControlCharacters(url: string): boolean {
  // Those that are not encoded don't get through Node's parser.
  const path = url.replace(/\?.*$/s, "");
  return /%[01]|%7f|%c2%[89]/i.test(path);
}
