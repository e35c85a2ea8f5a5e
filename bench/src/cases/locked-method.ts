import type { Case } from "../case.js";
import { startChild } from "../children.js";
import { percentile } from "../statistics/numbers.js";

const CALLS = 20_000;

const methods = {
  settle: "a key template",
  cancel: "a key function",
  watch: "a template, a cold Observable",
} as const;

export const lockedMethod: Case = {
  name: "locked-method",
  title: "A @Locked method of Nest",
  method:
    "What `@Locked` costs beyond the lock itself: a method of a provider that does nothing, called through the decorator " +
    `and in the hands of \`withLock\` by turns, on one memory node in one process, in rounds of ${CALLS.toLocaleString("en")} calls ` +
    "each; microseconds of CPU a call, of the median round. For the Observable, whose subscriber may leave, `withLock` is given a signal.",
  columns: [
    { figure: "overheadUs", title: "@Locked's own, µs a call", digits: 2 },
    { figure: "decoratedUs", title: "with @Locked", digits: 2 },
    { figure: "bareUs", title: "withLock by hand", digits: 2 },
  ],
  jobs: (quick) =>
    Object.entries(methods).map(([way, method]) => ({
      contestant: "kit",
      scenario: { method },
      async run() {
        await using child = await startChild("lockedMethod", way as keyof typeof methods);
        for (let i = 0; i < 2; i++) await child.call("round", CALLS);
        const rounds: { decorated: number; bare: number }[] = [];
        for (let i = 0; i < (quick ? 5 : 25); i++) rounds.push(await child.call("round", CALLS));
        const median = (values: number[]) => percentile(values, 0.5);
        return {
          figures: {
            overheadUs: median(rounds.map(({ decorated, bare }) => decorated - bare)),
            decoratedUs: median(rounds.map(({ decorated }) => decorated)),
            bareUs: median(rounds.map(({ bare }) => bare)),
          },
        };
      },
    })),
};
