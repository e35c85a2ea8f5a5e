// Started by scripts/soak.mjs.
import { writeFile } from "node:fs/promises";
import { argumentsOf, type SoakArguments, USAGE } from "./arguments.js";
import { judge } from "./judge.js";
import { plotOf } from "./plot.js";
import { Progress } from "./progress.js";
import { soak } from "./soak.js";

const PLOT_EVERY_MS = 60_000;
/** npm passes a Ctrl-C on that the terminal has sent to everybody already. */
const SAME_CTRL_C_MS = 1_000;

// Whoever started it has gone: servers and workers end with this process.
process.once("disconnect", () => process.exit(1));
const asked = argumentsOf(process.argv.slice(2));
if (asked === "help") console.log(USAGE);
else if ("problem" in asked) {
  console.error(asked.problem);
  process.exitCode = 2;
} else {
  process.exitCode = (await run(asked)) ? 0 : 1;
}
process.removeAllListeners("disconnect");
if (process.connected) process.disconnect();

/** Whether all is well. */
async function run({ minutes, nodes, workers, seed, plot }: SoakArguments): Promise<boolean> {
  const draw = async (record: Parameters<typeof plotOf>[0]): Promise<void> => {
    if (plot !== undefined) await writeFile(plot, plotOf(record));
  };
  try {
    // What can't be written after a night had better be known now.
    await draw({ samples: [], faults: [] });
  } catch (error) {
    console.error(`--plot: ${error instanceof Error ? error.message : String(error)}.`);
    return false;
  }
  const broken = new AbortController();
  onCtrlC(() => {
    console.log("The load ends; what was seen so far is judged.");
    broken.abort();
  });
  console.log(`minutes: ${minutes}, nodes: ${nodes}, workers: ${workers}, --seed ${seed}`);
  const progress = new Progress();
  let drawnAt = 0;
  const record = await soak({
    minutes,
    nodes,
    workers,
    seed,
    signal: broken.signal,
    onSample(sofar) {
      for (const line of progress.lines(sofar)) console.log(line);
      const { atMs = 0 } = sofar.samples.at(-1) ?? {};
      if (atMs - drawnAt < PLOT_EVERY_MS) return;
      drawnAt = atMs;
      void draw(sofar).catch(() => {});
    },
  });
  await draw(record);
  const verdicts = judge(record);
  for (const { ok, title, figures } of verdicts)
    console.log(`${ok ? "ok    " : "FAILED"} ${title}: ${figures}`);
  const failed = verdicts.filter(({ ok }) => !ok).length;
  if (plot !== undefined) console.log(`The plot is in ${plot}.`);
  console.log(`${verdicts.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

function onCtrlC(first: () => void): void {
  let since: number | undefined;
  const hear = (): void => {
    const now = performance.now();
    if (since === undefined) first();
    else if (now - since > SAME_CTRL_C_MS) process.exit(130);
    since ??= now;
  };
  process.on("SIGINT", hear).on("SIGTERM", hear);
}
