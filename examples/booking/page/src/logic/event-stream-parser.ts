/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** Reads an event stream from pieces of text that are cut anywhere, also within an end of line. */
export class EventStreamParser {
  #rest = "";
  #name = "";
  #data: string[] = [];

  /** The events that this piece completes. */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    // A CR at the end may be half a CRLF: it waits for what follows.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") this.#complete(events);
      else this.#take(line);
    }
    return events;
  }

  #take(line: string): void {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    // A line that begins with a colon is a comment: its field has no name.
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
  }

  #complete(events: StreamEvent[]): void {
    if (this.#data.length > 0) events.push({ name: this.#name || "message", data: this.#data.join("\n") });
    this.#name = "";
    this.#data = [];
  }
}
