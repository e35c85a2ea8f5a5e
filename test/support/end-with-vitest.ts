// Runs before every test file. When vitest itself is killed its test processes would go on to the end of their test,
// with all the servers that they started.
process.once("disconnect", () => process.exit(1));
