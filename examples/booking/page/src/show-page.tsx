import { useCallback } from "preact/hooks";
import type { Show } from "./api/box-office.js";
import { Backstage } from "./chrome/backstage.js";
import { LiveMark } from "./chrome/live-mark.js";
import { ShowHeading } from "./chrome/show-heading.js";
import { SeatLegend } from "./hall/seat-legend.js";
import { SeatMap } from "./hall/seat-map.js";
import { returnToSeat } from "./hall/seat-focus.js";
import { YourSeats } from "./hall/your-seats.js";
import { rowsOf } from "./logic/seat.js";
import { Comparison } from "./rush/comparison.js";
import { RushPanel } from "./rush/rush-panel.js";
import { useHolds } from "./state/use-holds.js";
import { useMessage } from "./state/use-message.js";
import { useRushes } from "./state/use-rush.js";
import { useSeats } from "./state/use-seats.js";

interface Props {
  readonly show: Show;
  readonly customer: string;
}

const NO_SALES: ReadonlyMap<string, number> = new Map();

export function ShowPage({ show, customer }: Props) {
  const { seats, isLive } = useSeats(show.id);
  const [message, say] = useMessage();
  const mine = useHolds(show.id, customer, say, useCallback(returnToSeat, []));
  const rushes = useRushes();
  const rows = rowsOf(seats);
  return (
    <main class="page">
      <div class="house">
        <section class="hall" aria-labelledby="show-title">
          <ShowHeading show={show} freeCount={seats.filter(({ status }) => status === "free").length}>
            <LiveMark isLive={isLive} />
          </ShowHeading>
          <SeatMap
            title={show.title}
            rows={rows}
            mine={mine}
            sales={rushes.rush?.tally.seatsSoldTwice() ?? NO_SALES}
            say={say}
          />
          <SeatLegend />
        </section>
        <YourSeats mine={mine} message={message} />
      </div>
      <div class="counter">
        <RushPanel showId={show.id} rows={rows} rushes={rushes} say={say} />
        <Comparison ended={rushes.ended} />
        <Backstage />
      </div>
    </main>
  );
}
