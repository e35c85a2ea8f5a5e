// npm run simulate -- [--seeds N] [--from S] | --seed S
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { argumentsOf, refuse } from "./arguments.mjs";
import { setUp } from "./setup.mjs";

const USAGE = `npm run simulate -- [--seeds N] [--from S] [--jobs J]
npm run simulate -- --seed S

Plays the whole lock core over simulated nodes, networks and clocks, once with each seed, until a play breaks what
docs/guarantees.md promises. The same seed is the same play.

  --seeds   how many are played (10000)
  --from    the first of them (1)
  --jobs    how many processes play (one a core)
  --seed    plays this one, and tells what happens in it
`;

const MOST = 1e12;
const MOST_JOBS = 256;
/** So many seeds are given to a process at a time. */
const PORTION = 100;
const PROGRESS_MS = 10_000;
const players = new Set();

const asked = argumentsOf(process.argv.slice(2), {
  usage: USAGE,
  numbers: { seeds: [1, MOST], from: [1, MOST], seed: [1, MOST], jobs: [1, MOST_JOBS] },
});
const { seed, from = 1, seeds = 10_000 } = asked;
if (seed !== undefined && Object.keys(asked).some((name) => ["seeds", "from", "jobs"].includes(name)))
  refuse("--seed plays one seed, and goes with no other option.");
const jobs = Math.min(asked.jobs ?? availableParallelism(), Math.ceil(seeds / PORTION));
await setUp("packages/core");
let stopped = () => {};
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    stopped();
    end(130);
  });
}
end(seed === undefined ? await playAll() : await tell());

/** Plays all that are asked for, on several processes; the exit code. */
async function playAll() {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const last = from + seeds - 1;
  let next = from;
  let played = 0;
  let failed;
  const say = (how) => console.log(`${how} ${played} of ${seeds} seeds in ${Math.round(seconds())} s`);
  stopped = () => say("Stopped after");
  const progress = setInterval(() => say("Played"), PROGRESS_MS);
  const work = async () => {
    const player = startPlayer();
    while (next <= last && failed === undefined) {
      const order = { from: next, count: Math.min(PORTION, last - next + 1), tells: false };
      next += order.count;
      const report = await carryOut(player, order);
      played += report.played;
      if (report.failed !== undefined && (failed === undefined || report.failed.seed < failed.seed))
        failed = report.failed;
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  clearInterval(progress);
  say(failed === undefined ? "All is well with" : "Stopped after");
  console.log(
    `${(played / seconds()).toFixed(0)} seeds a second on ${jobs} process${jobs === 1 ? "" : "es"}`,
  );
  if (failed === undefined) return 0;
  console.error(
    `\nSeed ${failed.seed}: ${failed.broken}\n\nnpm run simulate -- --seed ${failed.seed} tells how it came to that.`,
  );
  return 1;
}

/** Plays one and tells what happens in it; the exit code. */
async function tell() {
  const { notes, failed } = await carryOut(startPlayer(), { from: seed, count: 1, tells: true });
  console.log(notes.join("\n"));
  if (failed !== undefined) console.error(`\nSeed ${seed}: ${failed.broken}`);
  return failed === undefined ? 0 : 1;
}

/** A process that plays. It runs TypeScript, as test/support/fork-worker.ts has it, and ends with this one. */
function startPlayer() {
  const test = new URL("../test/", import.meta.url);
  const player = fork(fileURLToPath(new URL("simulation/play.worker.ts", test)), {
    cwd: fileURLToPath(test),
    execArgv: ["--conditions=@redlock-kit/source", "--import", "tsx"],
  });
  players.add(player);
  const ended = once(player, "exit").then(() => {
    throw new Error("A player has ended within its seeds.");
  });
  ended.catch(() => {});
  return { player, ended };
}

/** What a player reports of its next seeds. */
async function carryOut({ player, ended }, order) {
  const reported = new AbortController();
  player.send(order);
  try {
    const [report] = await Promise.race([once(player, "message", { signal: reported.signal }), ended]);
    return report;
  } finally {
    reported.abort();
  }
}

function end(code) {
  for (const player of players) player.disconnect();
  process.exitCode = code;
  if (code === 130) process.exit(code);
}
