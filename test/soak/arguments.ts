import { parseArgs } from "node:util";

export interface SoakArguments {
  readonly minutes: number;
  readonly nodes: number;
  readonly workers: number;
  readonly seed: string;
  /** Where a plot goes, if anywhere. */
  readonly plot: string | undefined;
}

interface Refusal {
  readonly problem: string;
}

export const USAGE = `npm run soak -- [--minutes M] [--nodes N] [--workers W] [--seed S] [--plot FILE.svg]

  --minutes   for how long, 0.5 too (default 10)
  --nodes     redis-servers that vote, 1 to 9 (default 3)
  --workers   processes that lock, 1 to 9 (default 3)
  --seed      the same faults again as in a run that printed it
  --plot      memory, keys and faults over time, drawn anew every minute

Ctrl-C ends the load early; what was seen so far is judged. A second one ends everything at once.
`;

const OPTIONS = {
  minutes: { type: "string" },
  nodes: { type: "string" },
  workers: { type: "string" },
  seed: { type: "string" },
  plot: { type: "string" },
  help: { type: "boolean" },
} as const;

/** What is asked for, or a sentence about what is wrong with it. */
export function argumentsOf(args: readonly string[]): SoakArguments | Refusal | "help" {
  // Not strict: parseArgs has no plain words for what it refuses.
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") return refusal(`${show(token.value)} is no option; try --help.`);
    if (token.kind !== "option") continue;
    if (token.name === "help") return "help";
    if (!Object.hasOwn(OPTIONS, token.name))
      return refusal(`There is no option ${token.rawName}; try --help.`);
    if (!token.value) return refusal(`${token.rawName} needs a value; try --help.`);
    given.set(token.name, token.value);
  }
  const minutes = given.get("minutes") ?? "10";
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(minutes) || !(Number(minutes) > 0) || Number(minutes) > WEEK_MINUTES)
    return refusal(
      `--minutes must be a number above 0 and up to ${WEEK_MINUTES}, a week, not ${show(minutes)}.`,
    );
  for (const name of ["nodes", "workers"] as const) {
    const count = given.get(name) ?? "3";
    if (!/^[1-9]$/.test(count))
      return refusal(`--${name} must be a whole number from 1 to 9, not ${show(count)}.`);
  }
  return {
    minutes: Number(minutes),
    nodes: Number(given.get("nodes") ?? 3),
    workers: Number(given.get("workers") ?? 3),
    seed: given.get("seed") ?? String(Math.floor(Math.random() * 1e6)),
    plot: given.get("plot"),
  };
}

const WEEK_MINUTES = 7 * 24 * 60;

function refusal(problem: string): Refusal {
  return { problem };
}

function show(value: string): string {
  return JSON.stringify(value);
}
