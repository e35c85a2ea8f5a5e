import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Journal, now, readJournal } from "./journal.js";

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), "redlock-kit-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "journal");
}

test("notes become acquisitions, and half a line of a writer that was killed is nothing", () => {
  const path = file();
  const journal = new Journal(path);
  journal.note({ is: "asked", at: 1, id: "w #1", worker: "w", keys: ["k"], waitMs: 100 });
  journal.note({ is: "granted", at: 2, id: "w #1", token: "t", fencingToken: 7 });
  journal.note({ is: "valid", at: 3, id: "w #1" });
  journal.note({ is: "written", at: 4, id: "w #1", key: "k", accepted: true });
  journal.note({ is: "valid", at: 5, id: "w #1" });
  journal.note({ is: "over", at: 6, id: "w #1", aborted: true });
  journal.note({ is: "stalled", from: 7, at: 99 });
  journal.note({ is: "releasing", at: 100, id: "w #1" });
  journal.note({ is: "released", at: 101, id: "w #1", released: false });
  journal.note({ is: "asked", at: 102, id: "w #2", worker: "w", keys: ["k"], waitMs: 0 });
  journal.note({ is: "refused", at: 103, id: "w #2", refusal: { code: null, name: "null", message: "" } });
  journal.close();
  appendFileSync(path, '{"is":"valid","at":104,"id":"w #1"');

  expect(readJournal(path)).toEqual({
    acquisitions: [
      {
        id: "w #1",
        worker: "w",
        keys: ["k"],
        waitMs: 100,
        askedAt: 1,
        settledAt: 2,
        lease: { token: "t", fencingToken: 7 },
        validAt: 5,
        over: { at: 6, aborted: true },
        releasingAt: 100,
        release: { at: 101, released: false },
        writes: [{ key: "k", sentAt: 4, accepted: true }],
      },
      {
        id: "w #2",
        worker: "w",
        keys: ["k"],
        waitMs: 0,
        askedAt: 102,
        settledAt: 103,
        refusal: { code: null, name: "null", message: "" },
        writes: [],
      },
    ],
    stalls: [{ from: 7, to: 99 }],
  });
});

test("the clock is one for all processes of the machine", () => {
  const before = now();
  const { stdout } = spawnSync(process.execPath, ["-p", "process.hrtime.bigint().toString()"], {
    encoding: "utf8",
  });
  const there = Number(stdout) / 1e6;
  expect(there).toBeGreaterThan(before);
  expect(there).toBeLessThan(now());
});
