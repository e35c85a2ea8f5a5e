import { describe, expect, test } from "vitest";
import { callsSettle, errorsFit, slackMs, workersAreQuiet } from "./call-rules.js";
import { history, lease, refused, worker } from "./handmade.js";

describe("an acquire", () => {
  const long = 100 + slackMs(3, 500);

  test("may take its time to wait and what is documented beyond that", () => {
    expect(callsSettle(history({ acquisitions: [refused(0, long, "ERR_LOCK_HELD")] }))).toEqual([]);
  });

  test("must not take longer", () => {
    expect(callsSettle(history({ acquisitions: [refused(0, long + 2, "ERR_LOCK_HELD")] }))).toEqual([
      expect.stringMatching(/took \d+ ms, and was to wait for 100$/),
    ]);
  });

  test("is not to blame for the time in which its process did not run", () => {
    const workers = [worker({ stalls: [{ from: 10, to: 5_010 }] })];
    const acquisitions = [refused(0, long + 4_000, "ERR_LOCK_HELD")];
    expect(callsSettle(history({ acquisitions, workers }))).toEqual([]);
  });

  test("settles, unless its process is killed", () => {
    const { settledAt: _, lease: __, ...open } = lease(10, 20, 1);
    expect(callsSettle(history({ acquisitions: [open] }))).toHaveLength(1);
    const workers = [worker({ killed: true })];
    expect(callsSettle(history({ acquisitions: [open], workers }))).toEqual([]);
  });
});

describe("an error", () => {
  test.each([
    ["ERR_LOCK_HELD", 100],
    ["ERR_LOCK_UNAVAILABLE", 100],
    ["ERR_LOCK_UNAVAILABLE", 0],
    [null, 0],
  ])("%s fits an acquire that waits for %i ms", (code, waitMs) => {
    expect(errorsFit([refused(0, 1, code, { waitMs })])).toEqual([]);
  });

  test.each([
    ["ERR_LOCK_HELD", 0],
    [null, 100],
    ["ERR_LOCK_LOST", 100],
    ["ERR_LOCK_CLOSED", 100],
    ["no code", 100],
  ])("%s does not fit one that waits for %i ms", (code, waitMs) => {
    expect(errorsFit([refused(0, 1, code, { waitMs })])).toHaveLength(1);
  });

  test("must be a LockError", () => {
    const refusal = { code: "ERR_LOCK_UNAVAILABLE", name: "TypeError", message: "…" };
    expect(errorsFit([refused(0, 1, null, { refusal })])).toHaveLength(1);
  });

  test("never comes from a release", () => {
    expect(errorsFit([lease(0, 1, 1, { release: { at: 2, error: "Error: no" } })])).toHaveLength(1);
  });
});

test("a worker's standard error is empty, but for the kit's own warnings", () => {
  const warning =
    "(node:12) RedlockKitWarning: 127.0.0.1:1: …\n(Use `node --trace-warnings ...` to show where the warning was created)\n";
  expect(workersAreQuiet([worker({ stderr: warning })])).toEqual([]);
  const rejection = `${warning}Error: nobody has caught me\n    at somewhere\n`;
  expect(workersAreQuiet([worker({ stderr: rejection })])).toHaveLength(1);
});
