import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";

/*
 * Runs test files once more, with every Nest package replaced by its release for Nest 11. What those packages import
 * themselves Node resolves; the tests and the library's sources are led here by aliases.
 *
 * Arguments: the files to leave out. Sends what became of them to its parent.
 */
const nest11 = [
  import.meta.resolve("@as-integrations/express5"),
  import.meta.resolve("@nestjs/apollo"),
  import.meta.resolve("@nestjs/common"),
  import.meta.resolve("@nestjs/core"),
  import.meta.resolve("@nestjs/core/package.json"),
  import.meta.resolve("@nestjs/graphql"),
  import.meta.resolve("@nestjs/microservices"),
  import.meta.resolve("@nestjs/platform-express"),
  import.meta.resolve("@nestjs/platform-fastify"),
  import.meta.resolve("@nestjs/platform-socket.io"),
  import.meta.resolve("@nestjs/platform-ws"),
  import.meta.resolve("@nestjs/schedule"),
  import.meta.resolve("@nestjs/swagger"),
  import.meta.resolve("@nestjs/terminus"),
  import.meta.resolve("@nestjs/testing"),
  import.meta.resolve("@nestjs/throttler"),
  import.meta.resolve("@nestjs/websockets"),
].map((url) => fileURLToPath(url));

/** A specifier that is found at a path: `…/node_modules/@nestjs/core/index.js` is `@nestjs/core`. */
function specifierOf(path: string): RegExp {
  const [, name = "", file = ""] = /.*\/node_modules\/(@[^/]+\/[^/]+)\/(.*)$/.exec(path) ?? [];
  return new RegExp(`^${name}${file === "package.json" ? "/package\\.json" : ""}$`);
}

const vitest = await startVitest(
  "test",
  ["test/nestjs/", "test/defects/nest"],
  {
    root: fileURLToPath(new URL("../../..", import.meta.url)),
    watch: false,
    reporters: ["default"],
    // The test that waits for this one leaves it a core.
    maxWorkers: 1,
    exclude: process.argv.slice(2).map((name) => `**/${name}`),
    // Nest and all that stands around it is loaded once, which takes longer than the tests themselves.
    isolate: false,
    setupFiles: [fileURLToPath(new URL("end-with-vitest.ts", import.meta.url))],
    env: { NEST_MAJOR: "11" },
  },
  { resolve: { alias: nest11.map((path) => ({ find: specifierOf(path), replacement: path })) } },
);

const modules = vitest.state.getTestModules();
process.send?.({
  files: modules.length,
  failed: modules.filter((module) => !module.ok()).map(({ moduleId }) => moduleId),
  tests: modules.flatMap((module) => [...module.children.allTests("passed")]).length,
});
await vitest.close();
process.disconnect?.();
