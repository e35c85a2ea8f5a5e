import { useRef, useState } from "preact/hooks";
import { buyersOf, type RushOrder } from "../logic/rush-order.js";
import { wantedSeat } from "../logic/rush-seat.js";
import type { SeatRow } from "../logic/seat.js";
import { forecast } from "../logic/verdict.js";
import type { Say } from "../state/use-message.js";
import type { Rushes } from "../state/use-rush.js";
import { RushFigures } from "./rush-figures.js";
import { RushForm, type RushWish } from "./rush-form.js";
import { RushOutcome } from "./rush-outcome.js";
import { RushVerdict } from "./rush-verdict.js";

interface Props {
  readonly showId: string;
  readonly rows: readonly SeatRow[];
  readonly rushes: Rushes;
  readonly say: Say;
}

/** Where double booking can be seen to happen, and to stop. */
export function RushPanel({ showId, rows, rushes: { rush, start, clear }, say }: Props) {
  const [wish, setWish] = useState<RushWish>({
    buyers: "200",
    target: "seat",
    seatId: undefined,
    lock: false,
  });
  const startButton = useRef<HTMLButtonElement>(null);
  const seatId = wish.seatId ?? wantedSeat(rows);
  const buyers = buyersOf(wish.buyers);
  const seatCount = rows.reduce((count, { seats }) => count + seats.length, 0);
  const isRunning = rush?.isRunning ?? false;
  const order: RushOrder | undefined =
    buyers === undefined || seatId === undefined
      ? undefined
      : { showId, buyers, lock: wish.lock, ...(wish.target === "seat" && { seatId }) };

  const begin = (): void => {
    if (!order || isRunning) return;
    // The seat is sold from now on, and wanted again in the next rush nevertheless.
    setWish({ ...wish, seatId });
    void start(order);
  };

  const isSoldOut = seatCount > 0 && !rows.some(({ seats }) => seats.some(({ status }) => status === "free"));
  const tidy = async (): Promise<void> => {
    const problem = await clear(showId);
    if (problem !== undefined) return say(problem, true);
    say("The seats are free again.");
    // The button is gone: what it was for is the next thing to do.
    startButton.current?.focus();
  };

  return (
    <section class="rush" aria-labelledby="rush-title" data-running={isRunning}>
      <h2 id="rush-title">Rush</h2>
      <p class="forecast">{order ? forecast(order, seatCount) : "How many buyers?"}</p>
      <RushForm
        rows={rows}
        wish={{ ...wish, seatId }}
        isValid={buyers !== undefined}
        isRunning={isRunning}
        onWish={setWish}
        onStart={begin}
        startButton={startButton}
      />
      <RushVerdict rush={rush} />
      <RushFigures rush={rush} />
      <RushOutcome rush={rush} />
      {!isRunning && (isSoldOut || (rush?.tally.sold ?? 0) > 0) && (
        <button type="button" class="button quiet" onClick={() => void tidy()}>
          Free these seats again
        </button>
      )}
    </section>
  );
}
