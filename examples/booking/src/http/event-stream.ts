import type { ServerResponse } from "node:http";

const HEARTBEAT_MS = 15_000;

/** An answer of server-sent events, as the HTML standard has them. */
export class EventStream {
  readonly #res: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(res: ServerResponse) {
    this.#res = res;
    res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    // A comment at once, so that the client knows that it is connected; later, so that nobody on the way gives it up.
    res.write(": hello\n\n");
    this.#heartbeat = setInterval(() => res.write(":\n\n"), HEARTBEAT_MS);
    res.once("close", () => clearInterval(this.#heartbeat));
  }

  send(event: string, data: unknown): void {
    if (!this.#res.writableEnded) this.#res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.#res.end();
  }
}
