import { defineConfig } from "vitest/config";

// Tests run the sources of the workspace packages: no build in the inner loop. Processes that tests start do the
// same, by test/support/fork-worker.ts. "node" because this list replaces Vite's own.
const conditions = ["@redlock-kit/source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/end-with-vitest.ts"],
    reporters: ["default", "./scripts/count-reporter.mjs"],
    // Processes, because tests stop, kill and starve things. Four for two cores, as many tests wait for what they have
    // started; more would steal time from the clocks.
    pool: "forks",
    maxWorkers: 4,
    maxConcurrency: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
