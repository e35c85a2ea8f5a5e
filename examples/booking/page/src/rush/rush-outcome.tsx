import { duration } from "../logic/duration.js";
import type { Rush } from "../state/use-rush.js";
import { KindList } from "./kind-list.js";
import { ServerShares } from "./server-shares.js";
import { WaitPlot } from "./wait-plot.js";

interface Props {
  readonly rush: Rush | undefined;
}

/** What is not known before the end. */
const UNKNOWN = "…";

/** How the buyers fared, one by one and by kind. */
export function RushOutcome({ rush }: Props) {
  if (!rush) return null;
  const { tally, result } = rush;
  const median = result?.waitMs.p50 ?? tally.wait(0.5);
  const slowest = result?.waitMs.p99 ?? tally.wait(0.99);
  return (
    <div class="outcome">
      <WaitPlot points={tally.points} answers={tally.answers} />
      <KindList tally={tally} />
      <dl class="facts">
        <Fact name="Median wait" value={median === undefined ? UNKNOWN : duration(median)} />
        <Fact name="99th percentile" value={slowest === undefined ? UNKNOWN : duration(slowest)} />
        <Fact name="Lock hand-offs" value={result ? String(result.handOffs) : UNKNOWN} />
        <Fact name="All over in" value={result ? duration(result.elapsedMs) : UNKNOWN} />
      </dl>
      <ServerShares servers={tally.servers} />
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
