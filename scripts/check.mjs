// npm run check: one line for each check, and the output of those that fail.
import { run } from "./run.mjs";
import { bin, setUp } from "./setup.mjs";

const packages = ["core", "nestjs", "express", "fastify", "hono"];
await setUp(...packages.map((name) => `packages/${name}`));

const checks = [
  ["format", "biome", "format", "."],
  ["lint", "oxlint"],
  ["types", "tsc", "-b"],
  ["unused code and dependencies", "knip"],
  ...packages.map((name) => [`publint ${name}`, "publint", `packages/${name}`, "--pack", "npm", "--strict"]),
  ...packages.map((name) => [`attw ${name}`, "attw", "--pack", `packages/${name}`, "--profile", "esm-only"]),
];

let failed = 0;
for (const [title, command, ...args] of checks) {
  const { code, output } = await run(bin(command), args, { title });
  if (code !== 0) {
    failed += 1;
    console.log(output);
  }
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${title}`);
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
