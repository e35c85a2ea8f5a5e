import type { IncomingMessage, ServerResponse } from "node:http";
import type { SeatFeed } from "../live/seat-feed.js";
import { EventStream } from "./event-stream.js";

/** Answers with what happens to seats from now on, for as long as the client listens. */
export function seatEvents(feed: SeatFeed) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.method === "HEAD") {
      res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).end();
      return;
    }
    const stream = new EventStream(res);
    const unsubscribe = await feed.subscribe({
      changed: (change) => stream.send("seat", change),
      ended: () => stream.end(),
    });
    if (res.closed) return unsubscribe();
    res.once("close", unsubscribe);
    // Not before: a client that has its answer's head and then reads the seats must miss nothing.
    stream.open();
  };
}
