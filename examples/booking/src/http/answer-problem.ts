import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { Problem } from "./problem.js";

/** Answers an error with problem+json, and logs it if it is the server's fault. */
export function answerProblem(error: unknown, req: IncomingMessage, res: ServerResponse): void {
  const { status, code, message, extras } = Problem.of(error);
  if (status === 500) console.error(error);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const body = JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    detail: message,
    instance: pathOf(req),
    code,
    ...extras.members,
  });
  for (const [name, value] of Object.entries(extras.headers ?? {})) res.setHeader(name, value);
  res.setHeader("content-type", "application/problem+json");
  res.setHeader("cache-control", "no-store");
  res.setHeader("content-length", Buffer.byteLength(body));
  res.statusCode = status;
  res.end(body);
}

/** As the client asked for it, before routers cut prefixes off, and without the query. */
function pathOf(req: IncomingMessage & { originalUrl?: string }): string {
  return (req.originalUrl ?? req.url ?? "").replace(/\?.*$/s, "");
}
