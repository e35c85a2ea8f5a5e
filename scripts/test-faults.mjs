// npm run test:faults -- [--rounds N] [--seed S] [--write] [arguments of vitest]
import { requireRedisServer } from "./redis-server.mjs";
import { run } from "./run.mjs";
import { bin, setUp } from "./setup.mjs";

const USAGE = `npm run test:faults -- [--rounds N] [--seed S] [--write] [-t NAME] [arguments of vitest]

Real processes contend for locks on one, three and five real redis-servers, each through proxies of its own, while
everything goes wrong that can; then their histories are checked. Ends with a table.

  --rounds   how often everything is played (1)
  --seed     repeats the choice of nodes, workers and pairs of an earlier run
  --write    puts the table into docs/guarantees.md
  -t         only scenes whose names match, such as -t "black hole"
`;

const others = process.argv.slice(2);
const help = flag("--help");
const write = flag("--write");
const rounds = value("--rounds") ?? "1";
const seed = value("--seed") ?? String(Math.floor(Math.random() * 1_000_000));

if (help) {
  console.log(USAGE);
  process.exit();
}
if (![rounds, seed].every((number) => /^\d+$/.test(number))) {
  console.error(`--rounds and --seed are whole numbers.\n\n${USAGE}`);
  process.exit(2);
}
if (write && others.length > 0) {
  console.error(`--write needs a whole run: without ${others.join(" ")}.`);
  process.exit(2);
}

await setUp("packages/core");
await requireRedisServer();
console.log(`Seed ${seed}`);
const reporters = ["verbose", "./test/faults/table/table-reporter.ts", "./scripts/count-reporter.mjs"];
const { code } = await run(
  bin("vitest"),
  ["run", "test/faults/scenes", ...reporters.map((reporter) => `--reporter=${reporter}`), ...others],
  {
    env: { FAULTS: "all", FAULTS_ROUNDS: rounds, FAULTS_SEED: seed, FAULTS_WRITE: write ? "1" : "" },
  },
);
process.exitCode = code;

/** Takes a flag out of the arguments that are left for vitest. */
function flag(name) {
  const index = others.indexOf(name);
  if (index !== -1) others.splice(index, 1);
  return index !== -1;
}

/** Takes a flag with a value out of them. */
function value(name) {
  const index = others.indexOf(name);
  return index === -1 ? undefined : (others.splice(index, 2)[1] ?? "");
}
