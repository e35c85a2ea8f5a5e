import type { Case, Measurement } from "./case.js";
import { type ContestantId, contestants } from "./contestants/all.js";

const LONG_MS = 5_000;

/** Makes the measurements one after the other, and says on the terminal how it goes. */
export async function runJobs(
  cases: readonly Case[],
  only: readonly ContestantId[],
  quick: boolean,
): Promise<Measurement[]> {
  const plan = cases.flatMap((of) =>
    of
      .jobs(quick)
      .filter(({ contestant }) => only.includes(contestant))
      .map((job) => ({ of, job })),
  );
  const measurements: Measurement[] = [];
  for (const [i, { of, job }] of plan.entries()) {
    const { contestant, scenario } = job;
    const circumstances = Object.entries(scenario).map(([name, value]) => `${name} ${value}`);
    const title = `[${i + 1}/${plan.length}] ${of.name}: ${contestants[contestant].name}, ${circumstances.join(", ")}`;
    const start = performance.now();
    console.log(title);
    const stillAtIt = setInterval(() => {
      console.log(`    … ${Math.round((performance.now() - start) / 1_000)} s`);
    }, LONG_MS);
    try {
      const { figures, remark } = await job.run();
      const measurement = { case: of.name, contestant, scenario, figures, ...(remark && { remark }) };
      measurements.push(measurement);
      console.log(`    ${shown(of, measurement)}`);
    } catch (error) {
      measurements.push({ case: of.name, contestant, scenario, figures: {}, remark: String(error) });
      console.log(`    failed: ${String(error)}`);
    } finally {
      clearInterval(stillAtIt);
    }
  }
  return measurements;
}

function shown({ columns }: Case, { figures, remark }: Measurement): string {
  const parts = columns.flatMap(({ figure, title, digits }) => {
    const value = figures[figure];
    return value === undefined ? [] : [`${title} ${value.toFixed(digits)}`];
  });
  return [...parts, ...(remark === undefined ? [] : [`(${remark})`])].join(" · ");
}
