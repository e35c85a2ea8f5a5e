import type { ServerResponse } from "node:http";

/** What writes to a response, by what it returns. */
const WRITERS = {
  setHeader: "response",
  setHeaders: "response",
  appendHeader: "response",
  writeHead: "response",
  end: "response",
  destroy: "response",
  write: true,
  removeHeader: undefined,
  addTrailers: undefined,
  flushHeaders: undefined,
  writeContinue: undefined,
  writeProcessing: undefined,
  writeEarlyHints: undefined,
} as const;

/**
 * Takes a response that was answered in place of its handler out of the handler's hands: writing to it does nothing
 * and succeeds. Without that, a handler that knows nothing of it would throw for headers that are sent (with
 * Express 4 an unhandled rejection, which ends the process), and the error handlers behind it would cut the connection.
 *
 * @param onEnd called when the handler ends or destroys the response
 */
export function detachResponse(response: ServerResponse, onEnd: () => void): void {
  for (const [name, returned] of Object.entries(WRITERS)) {
    const value = (...args: unknown[]): unknown => {
      const callback = args.at(-1);
      if (typeof callback === "function") process.nextTick(callback);
      if (name === "end" || name === "destroy") onEnd();
      return returned === "response" ? response : returned;
    };
    Object.defineProperty(response, name, { value, configurable: true, writable: true });
  }
  // Handlers and frameworks ask these to know whether the response is still theirs. "No" would send them to the next
  // error handler, or keep them from ending it, which is how its end is seen.
  for (const name of ["headersSent", "writableEnded", "destroyed"]) {
    // Node itself sets some of them, when the answer has gone out.
    Object.defineProperty(response, name, { get: () => false, set: () => {}, configurable: true });
  }
}
