const ENTRIES = [
  { text: "Free", status: "free" },
  { text: "Held", status: "held" },
  { text: "Sold", status: "sold" },
  { text: "Yours", status: "held", mine: "held" },
  { text: "Sold twice", status: "sold", double: true },
] as const;

/** What the looks of a seat mean. For eyes only: to others every seat tells it itself. */
export function SeatLegend() {
  return (
    <ul class="legend" aria-hidden="true">
      {ENTRIES.map((entry) => (
        <li key={entry.text}>
          <span
            class="seat"
            data-status={entry.status}
            data-mine={"mine" in entry ? entry.mine : undefined}
            data-double={"double" in entry ? entry.double : undefined}
          />
          {entry.text}
        </li>
      ))}
    </ul>
  );
}
