// As test/support/end-with-vitest.ts, for files that share one process: it is loaded anew before each of them.
const isThere = process.listeners("disconnect").some(({ name }) => name === endWithVitest.name);
if (!isThere) process.once("disconnect", endWithVitest);

function endWithVitest(): void {
  process.exit(1);
}
