import type { IncomingMessage, ServerResponse } from "node:http";
import type { SeatFeed } from "../live/seat-feed.js";
import { EventStream } from "./event-stream.js";
import { Problem } from "./problem.js";

/** Answers with what happens to seats from now on, for as long as the client listens. */
export function seatEvents(feed: SeatFeed) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.method === "HEAD") {
      res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).end();
      return;
    }
    const stream = new EventStream(res);
    let isOver = false;
    const unsubscribe = await feed.subscribe({
      changed: (change) => stream.send("seat", change),
      ended: () => {
        isOver = true;
        stream.end();
      },
    });
    if (res.closed) return unsubscribe();
    // An end of an empty stream would tell an EventSource not to come again.
    if (isOver) throw new Problem(503, "ENDING", "This server is ending. Ask again.");
    res.once("close", unsubscribe);
    // Not before: a client that has its answer's head and then reads the seats must miss nothing.
    stream.open();
  };
}
