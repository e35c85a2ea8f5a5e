// npm start -- [arguments of the booking example]
// package.json has "exec" before node: the shell between npm and node would neither pass signals on nor the exit code.
import { fileURLToPath } from "node:url";
import { requireRedisServer } from "./redis-server.mjs";
import { buildPage, setUp } from "./setup.mjs";

await setUp("examples/booking");
await buildPage();
const args = process.argv.slice(2);
if (args.includes("--redis")) await requireRedisServer(`npm start -- ${args.join(" ")}`);

// In this very process, so that signals reach the application. Ctrl-C arrives twice: from the terminal and from npm.
const main = new URL("../examples/booking/dist/main.js", import.meta.url);
process.argv[1] = fileURLToPath(main);
await import(main.href);
