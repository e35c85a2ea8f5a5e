import type { Rush } from "../state/use-rush.js";

interface Props {
  readonly rush: Rush | undefined;
}

/** The three numbers that matter: counted here while the answers come, by the server in the end. */
export function RushFigures({ rush }: Props) {
  const figures = rush?.result ?? rush?.tally;
  return (
    <div class="figures">
      <Figure id="figure-sold" text="Sold" count={figures?.sold} />
      <Figure id="figure-refused" text="Refused" count={figures?.refused} />
      <Figure id="figure-double" text="Double sold" count={figures?.doubleSold} isAlarming />
      {rush?.isRunning && (
        <progress max={rush.order.buyers} value={rush.tally.answers} aria-label="Answered" />
      )}
    </div>
  );
}

interface FigureProps {
  readonly id: string;
  readonly text: string;
  readonly count: number | undefined;
  readonly isAlarming?: boolean;
}

/** An `output` would be read out at every change; the sentence at the end says it better. */
function Figure({ id, text, count = 0, isAlarming = false }: FigureProps) {
  return (
    <div class="figure" data-alarm={isAlarming && count > 0}>
      <label id={`${id}-label`} for={id}>
        {text}
      </label>
      <output id={id} aria-labelledby={`${id}-label`} aria-live="off">
        {count}
      </output>
    </div>
  );
}
