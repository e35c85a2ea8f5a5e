import { numberOf, type Seat } from "../logic/seat.js";
import { seatElementId } from "./seat-focus.js";

/** What the visitor has of a seat. */
export type Mine = "held" | "bought" | undefined;

interface Props {
  readonly seat: Seat;
  readonly mine: Mine;
  /** How often it was sold in the last rush, if more than once. */
  readonly sales: number;
  readonly isTabStop: boolean;
  readonly onFocus: (seatId: string) => void;
  readonly onActivate: (seat: Seat) => void;
}

/**
 * Its name is the seat's id and nothing else; how the seat stands is its description. Seats that can't be had stay within
 * reach of the focus, as their place matters to whoever explores the hall, and say why when they are activated.
 */
export function SeatButton({ seat, mine, sales, isTabStop, onFocus, onActivate }: Props) {
  const status = mine === "held" ? "held" : seat.status;
  return (
    <button
      type="button"
      id={seatElementId(seat.id)}
      class="seat"
      data-status={status}
      data-mine={mine}
      data-double={sales > 1 || undefined}
      aria-label={seat.id}
      aria-description={description(status, mine, sales)}
      aria-disabled={status !== "free" && mine !== "held"}
      tabIndex={isTabStop ? 0 : -1}
      onFocus={() => onFocus(seat.id)}
      onClick={() => onActivate(seat)}
    >
      <span class="seat-number">{numberOf(seat.id)}</span>
      {sales > 1 && <span class="seat-badge">×{sales}</span>}
    </button>
  );
}

function description(status: Seat["status"], mine: Mine, sales: number): string {
  if (sales > 1) return `sold ${sales} times`;
  return mine === undefined ? status : `${status}, yours`;
}
