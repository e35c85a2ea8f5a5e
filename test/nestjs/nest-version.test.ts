import core from "@nestjs/core/package.json" with { type: "json" };
import { expect, test } from "vitest";

// Set by nest11/suite.worker.ts.
const expected = process.env.NEST_MAJOR ?? "12";

test(`these tests run on Nest ${expected}`, () => {
  expect(core.version).toMatch(new RegExp(`^${expected}\\.`));
});
