import type { SeatStatus } from "../logic/seat.js";

export interface SeatChange {
  readonly showId: string;
  readonly seatId: string;
  readonly status: SeatStatus;
}

export interface SeatListener {
  /** The feed begins, or begins anew: what was told in between was missed. */
  onOpen(): void;
  onSeat(change: SeatChange): void;
  /** The feed has stopped; it is tried again. */
  onLost(): void;
}

const RETRY_MS = 2000;

/** Follows the seats of all shows until the returned function is called. */
export function followSeats(listener: SeatListener): () => void {
  let retry: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource;
  const open = (): void => {
    source = new EventSource("/api/events");
    source.addEventListener("open", () => listener.onOpen());
    source.addEventListener("seat", ({ data }: MessageEvent<string>) =>
      listener.onSeat(JSON.parse(data) as SeatChange),
    );
    source.addEventListener("error", () => {
      listener.onLost();
      // The browser reconnects by itself, unless the answer was no event stream.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    });
  };
  open();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
