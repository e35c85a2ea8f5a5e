import type { ServerResponse } from "node:http";

const HEARTBEAT_MS = 15_000;
const MOST_UNREAD_BYTES = 1024 * 1024;

/** An answer of server-sent events, as the HTML standard has them. Until it is opened another answer can be given. */
export class EventStream {
  readonly #res: ServerResponse;
  #isOpen = false;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    if (this.#isOpen || this.#res.writableEnded) return;
    this.#isOpen = true;
    this.#res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    // A comment at once, so that the client knows that it is connected; later, so that nobody on the way gives it up.
    this.#res.write(": hello\n\n");
    const heartbeat = setInterval(() => this.#res.write(":\n\n"), HEARTBEAT_MS);
    this.#res.once("close", () => clearInterval(heartbeat));
  }

  /** Does nothing before it is open and after its end. */
  send(event: string, data: unknown): void {
    if (!this.#isOpen || this.#res.writableEnded) return;
    // Whoever does not read must not fill our memory; a browser connects again and reads how things stand.
    if (this.#res.writableLength > MOST_UNREAD_BYTES) return void this.#res.destroy();
    this.#res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Does nothing before it is open: another answer is to be given then. */
  end(): void {
    if (this.#isOpen) this.#res.end();
  }
}
