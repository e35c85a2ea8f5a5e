import type { IncomingMessage, ServerResponse } from "node:http";
import { isIPv6, type Socket } from "node:net";
import type { Request } from "express";
import type { Rush } from "../rush/rush.js";
import { EventStream } from "./event-stream.js";
import { Problem } from "./problem.js";
import type { RushRequest } from "./rush-request.js";

/** Answers with the figures of a rush; or, for who accepts an event stream, with every buyer as it comes, too. */
export async function runRush(
  rush: Rush,
  request: RushRequest,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const origin = originOf(req.socket);
  if ((req as Request).accepts("json", "text/event-stream") !== "text/event-stream") {
    const result = await rush.run(request, origin, () => {});
    res.setHeader("content-type", "application/json; charset=utf-8");
    res.end(JSON.stringify(result));
    return;
  }
  const stream = new EventStream(res);
  try {
    const result = await rush.run(request, origin, (event) => {
      // Not before there is something to tell, so that an unknown seat is still a plain 404.
      stream.open();
      stream.send("buyer", event);
    });
    stream.open();
    stream.send("result", result);
    stream.end();
  } catch (error) {
    if (!stream.isOpen) throw error;
    const { status, code, message } = Problem.of(error);
    stream.send("problem", { status, code, detail: message });
    stream.end();
  }
}

/** Where the request itself came in: the one address that is known to be listened at. */
function originOf({ localAddress = "", localPort }: Socket): string {
  return `http://${isIPv6(localAddress) ? `[${localAddress}]` : localAddress}:${localPort}`;
}
