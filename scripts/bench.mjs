// npm run bench -- [arguments of the benchmark]
import { fileURLToPath } from "node:url";
import { requireRedisServer } from "./redis-server.mjs";
import { setUp } from "./setup.mjs";

await setUp("bench");
await requireRedisServer("npm run bench");

const main = new URL("../bench/dist/main.js", import.meta.url);
process.argv[1] = fileURLToPath(main);
await import(main.href);
