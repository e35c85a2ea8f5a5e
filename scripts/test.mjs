// npm test -- [arguments of vitest]
import { offerBrowser } from "./browser.mjs";
import { requireRedisServer } from "./redis-server.mjs";
import { run } from "./run.mjs";
import { bin, buildPage, setUp } from "./setup.mjs";

// The tests run the sources; what is built here is for those that pack the packages or start the example.
const packages = ["core", "nestjs", "express", "fastify", "hono"].map((name) => `packages/${name}`);
await setUp(...packages, "examples/booking");
await buildPage();
await requireRedisServer("npm test");
await offerBrowser();

const { code } = await run(bin("vitest"), ["run", ...process.argv.slice(2)]);
process.exitCode = code;
