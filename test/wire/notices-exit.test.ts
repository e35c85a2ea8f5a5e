import { describe, expect, test } from "vitest";
import { runToEnd } from "../core-exit/run-to-end.js";
import { redisServer } from "../support/this-test.js";

describe.each(["6", "5"])("a process that listens over a client of ioredis %s", (version) => {
  test.each([
    "quits",
    "disconnects",
    "has a connection that does not hold it",
    "quits while notices are not to be had",
    "quits while it begins to listen",
    "has waited for a lock and quits, but closes no manager,",
  ])("and %s ends by itself, without a word", async (program) => {
    const server = await redisServer();
    const worker = new URL("./notices-leaving.worker.ts", import.meta.url);
    expect(await runToEnd(worker, [program, version, server.url])).toEqual({
      code: 0,
      stdout: "done\n",
      stderr: "",
    });
  });
});
