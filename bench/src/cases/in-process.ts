import type { Case } from "../case.js";
import { startChild } from "../children.js";
import { percentile } from "../statistics/numbers.js";

const PAIRS = 20_000;

export const inProcess: Case = {
  name: "in-process",
  title: "The memory node",
  method:
    `Acquire and release on \`memoryNode()\`, one after the other in one process, in rounds of ${PAIRS.toLocaleString("en")} pairs; ` +
    "the median round.",
  columns: [
    { figure: "perSecond", title: "pairs a second", digits: 0 },
    { figure: "low", title: "quarter of rounds below", digits: 0 },
    { figure: "high", title: "quarter of rounds above", digits: 0 },
  ],
  jobs: (quick) => [
    {
      contestant: "kit",
      scenario: { nodes: "1 in memory" },
      async run() {
        await using child = await startChild("inProcess", null);
        for (let i = 0; i < 3; i++) await child.call("round", PAIRS);
        const rates: number[] = [];
        for (let i = 0; i < (quick ? 8 : 40); i++)
          rates.push((PAIRS * 1_000) / (await child.call("round", PAIRS)));
        return {
          figures: {
            perSecond: percentile(rates, 0.5),
            low: percentile(rates, 0.25),
            high: percentile(rates, 0.75),
          },
        };
      },
    },
  ],
};
