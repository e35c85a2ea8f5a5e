import { verdict } from "../logic/verdict.js";
import type { Rush } from "../state/use-rush.js";

interface Props {
  readonly rush: Rush | undefined;
}

/** What has happened, in one sentence that is read out, too. */
export function RushVerdict({ rush }: Props) {
  const told = rush && toldOf(rush);
  return (
    <p class="verdict" aria-live="polite" data-tone={told?.tone}>
      {told?.text}
    </p>
  );
}

function toldOf({
  order,
  tally,
  isRunning,
  problem,
  result,
}: Rush): { tone: string; text: string } | undefined {
  if (isRunning) return undefined;
  if (!result) {
    const what = tally.answers === 0 ? "The rush did not begin" : "The rush has ended early";
    return { tone: "alarm", text: `${what}: ${problem}` };
  }
  return { tone: result.doubleSold > 0 ? "alarm" : "calm", text: verdict(result, order) };
}
