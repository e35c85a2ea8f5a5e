import type { SeatRow } from "../logic/seat.js";

interface Props {
  readonly rows: readonly SeatRow[];
  readonly seatId: string | undefined;
  readonly onSeat: (seatId: string) => void;
}

/** The seat that everybody wants. */
export function SeatChoice({ rows, seatId, onSeat }: Props) {
  return (
    <label class="field which">
      <span>Seat</span>
      <select value={seatId} onChange={({ currentTarget }) => onSeat(currentTarget.value)}>
        {rows.map(({ name, seats }) => (
          <optgroup key={name} label={`Row ${name}`}>
            {seats.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
