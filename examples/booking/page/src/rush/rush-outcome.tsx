import { duration } from "../logic/duration.js";
import type { Rush } from "../state/use-rush.js";
import { KindList } from "./kind-list.js";
import { ServerShares } from "./server-shares.js";
import { WaitPlot } from "./wait-plot.js";

interface Props {
  readonly rush: Rush | undefined;
}

/** How the buyers fared, one by one and by kind. */
export function RushOutcome({ rush }: Props) {
  if (!rush) return null;
  const { tally, result } = rush;
  const median = result?.waitMs.p50 ?? tally.wait(0.5) ?? 0;
  const slowest = result?.waitMs.p99 ?? tally.wait(0.99) ?? 0;
  return (
    <div class="outcome">
      <WaitPlot points={tally.points} answers={tally.answers} median={median} />
      <KindList tally={tally} />
      <dl class="facts">
        <Fact name="Median wait" value={duration(median)} />
        <Fact name="99th percentile" value={duration(slowest)} />
        <Fact name="Lock hand-offs" value={result ? String(result.handOffs) : "…"} />
        <Fact name="All over in" value={result ? duration(result.elapsedMs) : "…"} />
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
