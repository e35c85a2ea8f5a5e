import type { TargetedKeyboardEvent } from "preact";
import { useState } from "preact/hooks";
import { seatAfter } from "../logic/roving-focus.js";
import type { Seat, SeatRow } from "../logic/seat.js";
import type { MyHolds } from "../state/use-holds.js";
import type { Say } from "../state/use-message.js";
import { SeatButton, type Mine } from "./seat-button.js";
import { focusOn, payElementId, seatElementId } from "./seat-focus.js";

interface Props {
  readonly title: string;
  readonly rows: readonly SeatRow[];
  readonly mine: MyHolds;
  /** Seats that were sold several times, with how often. */
  readonly sales: ReadonlyMap<string, number>;
  readonly say: Say;
}

/** The hall: one stop of the tab key, within which the arrow keys move. */
export function SeatMap({ title, rows, mine, sales, say }: Props) {
  const [focused, setFocused] = useState<string>();
  const current = focused ?? rows[0]?.seats[0]?.id;
  const held = new Set(mine.holds.map(({ seatId }) => seatId));

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (current === undefined || event.altKey || event.metaKey || event.shiftKey) return;
    const ids = rows.map(({ seats }) => seats.map(({ id }) => id));
    const next = seatAfter(ids, current, { key: event.key, ctrl: event.ctrlKey });
    if (next === undefined) return;
    event.preventDefault();
    focusOn(seatElementId(next));
  };

  const mineOf = ({ id, status }: Seat): Mine => {
    if (held.has(id)) return "held";
    return status === "sold" && mine.bought.has(id) ? "bought" : undefined;
  };

  const activate = (seat: Seat): void => {
    const whose = mineOf(seat);
    if (whose === "held") {
      say(`${seat.id} is held for you: pay for it, or cancel.`);
      focusOn(payElementId(seat.id));
    } else if (whose === "bought") say(`${seat.id} is yours already.`);
    else if (seat.status === "free") void mine.hold(seat.id);
    else if (seat.status === "held")
      say(`${seat.id} is held by somebody else. It may become free again.`, true);
    else say(`${seat.id} is sold. Choose another seat.`, true);
  };

  return (
    <div class="seat-map">
      <p class="stage">Stage</p>
      <div role="grid" aria-label={`Seats of ${title}`} class="rows" onKeyDown={onKeyDown}>
        {rows.map(({ name, seats }) => (
          <div key={name} role="row" class="row">
            <span role="rowheader" class="row-name" aria-label={`Row ${name}`}>
              {name}
            </span>
            {seats.map((seat) => (
              <span key={seat.id} role="gridcell" class="seat-cell">
                <SeatButton
                  seat={seat}
                  mine={mineOf(seat)}
                  sales={seat.status === "sold" ? (sales.get(seat.id) ?? 0) : 0}
                  isTabStop={seat.id === current}
                  onFocus={setFocused}
                  onActivate={activate}
                />
              </span>
            ))}
            <span class="row-name" aria-hidden="true">
              {name}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
