import type { SeatStatus } from "../logic/seat.js";

interface SeatChange {
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

const RETRY_MS = 1000;

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
      // The browser would reconnect by itself, after longer and longer breaks, and not at all after some answers.
      source.close();
      retry = setTimeout(open, RETRY_MS);
    });
  };
  open();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
