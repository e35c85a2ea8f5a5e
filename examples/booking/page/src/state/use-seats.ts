import { useEffect, useState } from "preact/hooks";
import { listSeats } from "../api/box-office.js";
import { followSeats } from "../api/seat-feed.js";
import { SeatBoard } from "../logic/seat-board.js";
import type { Seat } from "../logic/seat.js";
import { onNextFrame } from "./next-frame.js";

export interface LiveSeats {
  readonly seats: readonly Seat[];
  /** Whether changes are being told at present. */
  readonly isLive: boolean;
}

const RETRY_MS = 2000;

/** The seats of a show, kept up to date. */
export function useSeats(showId: string): LiveSeats {
  const [live, setLive] = useState<LiveSeats>({ seats: [], isLive: false });
  useEffect(() => {
    const board = new SeatBoard();
    let retry: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const drawing = onNextFrame(() => setLive(({ isLive }) => ({ seats: board.seats(), isLive })));
    const load = async (): Promise<void> => {
      clearTimeout(retry);
      const loaded = board.beginLoad();
      const answer = await listSeats(showId);
      if (isOver) return;
      loaded(answer.ok ? answer.value.seats : undefined);
      if (answer.ok) drawing.request();
      else retry = setTimeout(() => void load(), RETRY_MS);
    };
    // Seats are shown even where no feed can be had.
    void load();
    const unfollow = followSeats({
      onOpen() {
        setLive(({ seats }) => ({ seats, isLive: true }));
        void load();
      },
      onLost: () => setLive(({ seats }) => ({ seats, isLive: false })),
      onSeat(change) {
        if (change.showId !== showId) return;
        board.change(change.seatId, change.status);
        drawing.request();
      },
    });
    return () => {
      isOver = true;
      unfollow();
      drawing.cancel();
      clearTimeout(retry);
    };
  }, [showId]);
  return live;
}
