import type { IncomingMessage, ServerResponse } from "node:http";
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
  const origin = `http://127.0.0.1:${req.socket.localPort}`;
  if (!req.headers.accept?.includes("text/event-stream")) {
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
    stream.send("result", result);
    stream.end();
  } catch (error) {
    if (!stream.isOpen) throw error;
    const { status, code, message } = Problem.of(error);
    stream.send("problem", { status, code, detail: message });
    stream.end();
  }
}
