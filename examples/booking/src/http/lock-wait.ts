import type { IncomingMessage, ServerResponse } from "node:http";
import { msSinceArrival } from "./common-headers.js";

/** To be called by a handler that has got its lock: tells the client how long that took, by `Server-Timing`. */
export function tellLockWait(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader("server-timing", `lock;dur=${msSinceArrival(req).toFixed(1)}`);
}
