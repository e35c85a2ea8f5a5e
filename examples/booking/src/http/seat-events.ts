import type { IncomingMessage, ServerResponse } from "node:http";
import type { SeatFeed } from "../live/seat-feed.js";
import { EventStream } from "./event-stream.js";

/** Answers with what happens to seats from now on, for as long as the client listens. */
export function seatEvents(feed: SeatFeed) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    if (req.method === "HEAD") {
      res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).end();
      return;
    }
    const stream = new EventStream(res);
    const unsubscribe = feed.subscribe({
      changed: (change) => stream.send("seat", change),
      ended: () => stream.end(),
    });
    res.once("close", unsubscribe);
  };
}
