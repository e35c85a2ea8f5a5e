// npm run test:faults -- [--rounds N] [--seed S] [--write] [-t NAME]
import { argumentsOf, refuse } from "./arguments.mjs";
import { requireRedisServer } from "./redis-server.mjs";
import { run } from "./run.mjs";
import { bin, setUp } from "./setup.mjs";

const USAGE = `npm run test:faults -- [--rounds N] [--seed S] [--write] [-t NAME]

Real processes contend for locks on one, three and five real redis-servers, each through proxies of its own, while
everything goes wrong that can; then their histories are checked. Ends with a table.

  --rounds   how often everything is played (1)
  --seed     repeats the choice of nodes, workers and pairs of an earlier run
  --write    puts the table into docs/guarantees.md
  -t         only scenes whose names match, such as -t "black hole"
`;
const MOST = 1_000_000;

const {
  rounds = 1,
  seed = Math.floor(Math.random() * MOST),
  write = false,
  t: only,
} = argumentsOf(process.argv.slice(2), {
  usage: USAGE,
  numbers: { rounds: [1, 1_000], seed: [0, MOST] },
  flags: ["write"],
  texts: ["t"],
});
if (write && only !== undefined) refuse("--write needs a whole run: without -t.");

await setUp("packages/core");
await requireRedisServer("npm run test:faults");
console.log(`Seed ${seed}`);
const reporters = ["verbose", "./test/faults/table/table-reporter.ts", "./scripts/count-reporter.mjs"];
const { code } = await run(
  bin("vitest"),
  [
    "run",
    "test/faults/scenes",
    ...reporters.map((reporter) => `--reporter=${reporter}`),
    ...(only === undefined ? [] : ["-t", only]),
  ],
  {
    env: {
      FAULTS: "all",
      FAULTS_ROUNDS: `${rounds}`,
      FAULTS_SEED: `${seed}`,
      FAULTS_WRITE: write ? "1" : "",
    },
  },
);
process.exitCode = code;
