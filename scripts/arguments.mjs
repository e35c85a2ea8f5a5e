import { parseArgs } from "node:util";

/**
 * What is asked for on the command line. Anything else ends the process with a sentence and exit code 2; `--help` and `-h`
 * show `usage`.
 *
 * @param numbers whole numbers by name, with the least and the most that each may be
 * @param flags names of options without a value
 * @param texts names of options with any value; one of a single letter is written with one dash
 * @param words whether arguments that are no options have a meaning; they come as `words`
 */
export function argumentsOf(args, { usage, numbers = {}, flags = [], texts = [], words = false }) {
  const options = {};
  for (const name of [...Object.keys(numbers), ...texts])
    options[name] = { type: "string", ...(name.length === 1 && { short: name }) };
  for (const name of flags) options[name] = { type: "boolean" };
  // Not strict: parseArgs has no plain words for what it refuses.
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true });
  const asked = { words: [] };
  for (const { kind, name, rawName, value } of tokens) {
    if (name === "help" || name === "h") {
      console.log(usage);
      process.exit();
    }
    if (kind === "positional" && words) asked.words.push(value);
    else if (kind !== "option") refuse(`${JSON.stringify(value ?? "--")} is no option; try --help.`);
    else if (numbers[name] !== undefined) asked[name] = numberOf(rawName, value, numbers[name]);
    else if (texts.includes(name)) asked[name] = value || refuse(`${rawName} needs a value; try --help.`);
    else if (!flags.includes(name)) refuse(`There is no option ${rawName}; try --help.`);
    else if (value !== undefined) refuse(`${rawName} takes no value, so not ${JSON.stringify(value)}.`);
    else asked[name] = true;
  }
  return asked;
}

/** Ends the process: what is asked for can't be done. */
export function refuse(problem) {
  console.error(problem);
  process.exit(2);
}

function numberOf(rawName, value, [least, most]) {
  if (/^\d+$/.test(value ?? "") && Number(value) >= least && Number(value) <= most) return Number(value);
  return refuse(
    `${rawName} needs a whole number from ${least} to ${most}, not ${JSON.stringify(value ?? "")}.`,
  );
}
