import { onTestFinished } from "vitest";

export interface SeatEvent {
  readonly showId: string;
  readonly seatId: string;
  readonly status: string;
}

/** What an application tells on `/api/events`, from now until the test ends. */
export async function listenToSeats(url: string) {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const response = await fetch(`${url}/api/events`, { signal: leaving.signal });
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  const told = (): SeatEvent[] =>
    [...text.matchAll(/^event: seat\ndata: (.+)\n\n/gm)].map(
      ([, data]) => JSON.parse(data ?? "") as SeatEvent,
    );
  return {
    response,
    told,
    /** Reads on until what was told is it. */
    async until(isIt: (events: SeatEvent[]) => boolean): Promise<SeatEvent[]> {
      while (!isIt(told())) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`The stream has ended after ${text}`);
        text += value;
      }
      return told();
    },
    /** Settles when the stream has ended. */
    async end(): Promise<void> {
      while (!(await reader.read()).done);
    },
  };
}
