import { expect, test } from "vitest";
import { freePort } from "../support/free-port.js";
import { redisClient, redisServer, redisServers, urlsOf } from "../support/this-test.js";
import { runToEnd } from "./run-to-end.js";

/** The end of a program of leaving.worker.ts. */
function end(program: string, nodes: readonly string[] = [], pid?: number) {
  return runToEnd(new URL("./leaving.worker.ts", import.meta.url), [program, nodes.join(), String(pid)]);
}

/** By itself, without an error and without a word where nobody looks. */
function wellAfter(...lines: string[]) {
  return { code: 0, stdout: lines.map((line) => `${line}\n`).join(""), stderr: "" };
}

test.each([
  ["locks, releases and closes", ["true"]],
  ["closes while it holds a lock", ["false"]],
  ["closes what it never used", ["closed"]],
  ["closes while it waits", ["ERR_LOCK_CLOSED"]],
  ["closes while work is running", ["the work has ended", "closed"]],
  ["closes while work goes on for ever", ["closed"]],
])("a process that %s ends by itself and leaves no lock", async (program, lines) => {
  const server = await redisServer();
  expect(await end(program, [server.url])).toEqual(wellAfter(...lines));
  expect(await redisClient(server).keys("lock:*")).toEqual([]);
});

test("a process that locks through clients of its own ends when it has quit them, which close leaves to it", async () => {
  const urls = urlsOf(await redisServers(3));
  expect(await end("locks through clients of its own, closes and quits them", urls)).toEqual(
    wellAfter("done", "ready,ready,ready"),
  );
});

test.each([
  [1, 1],
  [3, 1],
])("a process that closes while a node hangs ends all the same (%i nodes, node %i)", async (count, nth) => {
  const servers = await redisServers(count);
  const { pid } = servers[nth - 1] ?? {};
  expect(await end("closes while a node hangs", urlsOf(servers), pid)).toEqual(wellAfter("true"));
});

test("a process that can't reach anything ends after close", async () => {
  const url = `redis://127.0.0.1:${await freePort()}`;
  expect(await end("can't reach anything, and closes", [url])).toEqual(wellAfter("ERR_LOCK_UNAVAILABLE"));
});

test("a process that connects to a node which never answers ends after close", async () => {
  const server = await redisServer();
  server.pause();
  expect(await end("can't reach anything, and closes", [server.url])).toEqual(
    wellAfter("ERR_LOCK_UNAVAILABLE"),
  );
  expect(await end("closes what it never used", [server.url])).toEqual(wellAfter("closed"));
});

test("a process whose lease in memory nobody closes ends, too", async () => {
  expect(await end("leaves a lease in memory behind")).toEqual(wellAfter("held"));
});
