import type { RushTally } from "../logic/rush-tally.js";
import { kinds } from "./kinds.js";

interface Props {
  readonly tally: RushTally;
}

/** How many were told what: the legend of the plot, too. */
export function KindList({ tally }: Props) {
  const retry = tally.shortestRetryS;
  return (
    <ul class="kinds">
      {kinds
        .filter(({ kind }) => tally.counts[kind] > 0)
        .map(({ kind, text, colour }) => (
          <li key={kind}>
            <span class="swatch" style={{ background: `var(${colour})` }} />
            <b>{tally.counts[kind]}</b> {text}
            {kind === "busy" && retry !== undefined && `, told to retry in ${retry} s at the soonest`}
          </li>
        ))}
    </ul>
  );
}
