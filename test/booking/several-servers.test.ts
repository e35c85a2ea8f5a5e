import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../support/free-port.js";
import { type BookingApp, buildBooking, spawnBooking, startBooking } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { book, countByStatus, jsonPost, seatsThatAre, send } from "./requests.js";
import { listenToSeats } from "./seat-events.js";

beforeAll(buildBooking);
const database = fileDatabase();

/** Three processes behind one port, with everything that they need started for them. */
async function start(door: string, env: Record<string, string> = {}) {
  const app = await startBooking({
    args: ["--door", door, "--servers", "3", "--redis"],
    env: { PORT: "0", ...env },
  });
  const pidsOf = (what: string) =>
    [...app.output("stdout").matchAll(new RegExp(`^  ${what}.*: pid (\\d+)$`, "gm"))].map(([, pid]) =>
      Number(pid),
    );
  const [redis, servers] = [pidsOf("redis-server"), pidsOf("application")];
  onTestFinished(async () => {
    await app.stop();
    await expect.poll(() => [...redis, ...servers].filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });
  return { app, redis, servers };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function end(app: BookingApp) {
  const since = performance.now();
  app.kill("SIGINT");
  return { code: await app.ended, ms: performance.now() - since };
}

describe("--servers 3 --redis", () => {
  test("starts three processes and three Redis servers, which share everything and end together", async () => {
    const { app, redis, servers } = await start("nest", { PAYMENT_MS: "0" });
    expect([redis.length, servers.length]).toEqual([3, 3]);
    const events = await listenToSeats(app.url);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => book(app.url, `A${1 + (index % 12)}`)),
    );
    expect(countByStatus(answers)).toEqual({ 201: 12, 409: 48 });
    expect(new Set(answers.map(({ headers }) => Number(headers.get("x-served-by"))))).toEqual(
      new Set(servers),
    );
    expect(await events.until((told) => told.length === 12)).toHaveLength(12);

    const { code, ms } = await end(app);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3_000);
    expect([...redis, ...servers].filter(isRunning)).toEqual([]);
    expect(app.output("stderr")).toBe("");
  });

  test("goes on with a Redis server killed, and ends in time with a process frozen", async () => {
    const { app, redis, servers } = await start("express", { PAYMENT_MS: "0", ...database });
    process.kill(redis[0] as number, "SIGKILL");
    expect((await book(app.url, "A1")).status).toBe(201);
    process.kill(servers[0] as number, "SIGSTOP");
    // One request at most is caught in the frozen process; all others find one that runs.
    const sales = Array.from({ length: 8 }, (_, index) => book(app.url, `B${1 + index}`));
    let answered = 0;
    for (const sale of sales)
      void sale.then(
        ({ status }) => (answered += Number(status === 201)),
        () => {},
      );
    await expect.poll(() => answered, { timeout: 10_000 }).toBeGreaterThanOrEqual(7);

    const { code, ms } = await end(app);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3_000);
    expect([...redis, ...servers].filter(isRunning)).toEqual([]);
  });

  test("has a successor for a process that dies, and says so", async () => {
    const { app, servers } = await start("express", { PAYMENT_MS: "0", ...database });
    process.kill(servers[0] as number, "SIGKILL");
    const successor = () => / (\d+) takes its place\.$/m.exec(app.output("stdout"))?.[1];
    await expect.poll(successor, { timeout: 10_000 }).toBeDefined();
    // A connection for each: a kept one would stay with its process.
    const served = async () => {
      const { stdout } = await promisify(execFile)("curl", ["-si", `${app.url}/api/shows`]);
      return /^x-served-by: (\d+)/m.exec(stdout)?.[1];
    };
    await expect.poll(served, { timeout: 15_000 }).toBe(successor());
    expect((await end(app)).code).toBe(0);
    expect(isRunning(Number(successor()))).toBe(false);
  });

  test("tells once that its database can't be had, and ends", async () => {
    const DATABASE_URL = `postgres://127.0.0.1:${await freePort()}/booking`;
    const app = spawnBooking({ args: ["--servers", "3", "--redis"], env: { PORT: "0", DATABASE_URL } });
    onTestFinished(() => app.stop());
    expect(await app.ended).toBe(1);
    expect(app.output("stderr")).toMatch(/^DATABASE_URL: [^\n]+\n$/);
  });

  test("leaves nothing behind when it is killed", async () => {
    const { app, redis, servers } = await start("express");
    app.kill("SIGKILL");
    await app.ended;
    await expect.poll(() => [...redis, ...servers].filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });

  test("refuses the write of a process that was frozen past its lease, and gives the money back", async () => {
    const { app } = await start("nest", { PAYMENT_MS: "2000", LOCK_TTL_MS: "1000", ...database });
    const payment = send(app.url, "/api/shows/hamlet/seats/A1/booking", jsonPost({ customer: "Ada" }));
    const paying = () => /process (\d+): Ada for hamlet A1: paying/.exec(app.output("stdout"))?.[1];
    await expect.poll(paying, { timeout: 10_000 }).toBeDefined();
    const frozen = Number(paying());
    process.kill(frozen, "SIGSTOP");
    onTestFinished(() => void (isRunning(frozen) && process.kill(frozen, "SIGCONT")));

    // The first of these may be caught in the frozen process, and then goes on with it.
    const bobs = [1, 2].map(() => book(app.url, "A1", "Bob").catch(() => undefined));
    await expect.poll(() => app.output("stdout"), { timeout: 15_000 }).toMatch(/Bob for hamlet A1: paid/);
    process.kill(frozen, "SIGCONT");

    const { status, json } = await payment;
    expect([`${status} ${String(json.code)}`]).toSatisfy(([answer]: string[]) =>
      ["409 OVERTAKEN", "503 ERR_LOCK_LOST"].includes(answer ?? ""),
    );
    await Promise.all(bobs);
    expect(await seatsThatAre("sold", app.url)).toEqual(["A1"]);
    expect(app.output("stdout").match(/: paid/g)?.length).toBe(
      1 + (app.output("stdout").match(/: given back/g)?.length ?? 0),
    );
  });
});

test("npm's way of stopping, a signal to the whole process group, ends everything as well", async () => {
  const { app, redis, servers } = await start("express");
  const { stdout } = await promisify(execFile)("ps", ["-o", "pgid=", "-p", String(app.pid)]);
  const group = Number(stdout);
  // Its processes are in the group, the Redis servers are not: their end is the application's to say.
  for (const pid of servers) {
    const { stdout: own } = await promisify(execFile)("ps", ["-o", "pgid=", "-p", String(pid)]);
    expect(Number(own)).toBe(group);
  }
  for (const pid of [app.pid, ...servers]) process.kill(pid, "SIGINT");
  expect(await app.ended).toBe(0);
  expect([...redis, ...servers].filter(isRunning)).toEqual([]);
});
