import type { ServerResponse } from "node:http";

/** Aborts when the client leaves before it has its answer. */
export function clientSignal(res: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) leaving.abort(new Error("The client has left."));
  });
  return leaving.signal;
}
