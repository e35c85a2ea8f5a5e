import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { freePort } from "../support/free-port.js";
import {
  type BookingApp,
  type BookingOptions,
  buildBooking,
  doors,
  spawnBooking,
  startBooking,
} from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { redisServers, seatIsLocked, startOnRedis } from "./on-redis.js";
import { book, seatsThatAre, send } from "./requests.js";

beforeAll(buildBooking);
const database = fileDatabase();

async function start(options: BookingOptions) {
  const app = await startBooking(options);
  onTestFinished(() => app.stop());
  return app;
}

/** Runs an application that can't start; resolves with its exit code and all that it printed. */
async function failing(options: BookingOptions) {
  const booking = spawnBooking(options);
  onTestFinished(() => booking.stop());
  return { code: await booking.ended, stdout: booking.output("stdout"), stderr: booking.output("stderr") };
}

/** Takes a port until the test ends, or finds it taken. */
async function occupy(port: number): Promise<number> {
  const server = createServer();
  server.listen(port);
  try {
    await once(server, "listening");
  } catch {
    return port;
  }
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function noLongerListening(url: string): Promise<void> {
  const isRefused = () =>
    fetch(`${url}/api/shows`).then(
      () => false,
      () => true,
    );
  await vi.waitUntil(isRefused, { timeout: 10_000, interval: 5 });
}

const oneLine = /^[^\n]+\n$/;

test("the Nest door is the one by default", async () => {
  const app = await start({});
  expect(app.output("stdout")).toMatch(
    // On a slow machine lines before it tell what is waited for.
    /^( {2}.+ …\n)*Booking listens on http:\/\/localhost:\d+ \(door: nest; .+\)\n$/,
  );
  expect((await send(app.url, "/api/shows")).status).toBe(200);
});

test("without PORT the doors listen on 3000, or on the next port that is free", async () => {
  await occupy(3000);
  const [first, second] = await Promise.all([
    start({ args: ["--door", "nest"], env: { ...database } }),
    start({ args: ["--door", "express"], env: { ...database } }),
  ]);
  expect(first.url).not.toBe(second.url);
  for (const { url } of [first, second]) {
    expect(Number(new URL(url).port)).toBeGreaterThan(3000);
    expect((await send(url, "/api/shows")).status).toBe(200);
  }
});

test("a database that does not answer ends the start with one line, after a while", async () => {
  const DATABASE_URL = `postgres://user:secret@127.0.0.1:${await freePort()}/booking`;
  const { code, stdout, stderr } = await failing({ env: { PORT: "0", DATABASE_URL } });
  expect([code, stdout]).toEqual([1, "  Connecting to the database …\n"]);
  expect(stderr).toMatch(/^DATABASE_URL: [^\n]*ECONNREFUSED[^\n]*\n$/);
  expect(stderr).not.toContain("secret");
});

test("with DATA_DIR the bookings outlast the process, which has the folder to itself", async () => {
  const folder = await mkdtemp(join(tmpdir(), "redlock-kit-booking-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const env = { PORT: "0", PAYMENT_MS: "0", DATA_DIR: join(folder, "data") };
  const first = await start({ env });
  expect((await book(first.url, "A1")).status).toBe(201);

  const { code, stderr } = await failing({ env });
  expect(code).toBe(1);
  expect(stderr).toBe(`DATA_DIR ${env.DATA_DIR} is in use by process ${first.pid}. Choose another one.\n`);

  // However it ends.
  first.kill("SIGKILL");
  await first.ended;
  const second = await start({ env });
  expect((await book(second.url, "A1")).json).toMatchObject({ code: "SEAT_SOLD" });
  expect((await book(second.url, "A2")).status).toBe(201);
  second.kill("SIGTERM");
  expect(await second.ended).toBe(0);
  const third = await start({ env });
  expect(await seatsThatAre("sold", third.url)).toEqual(["A1", "A2"]);
  // Three starts on the disk, the first of which makes the database.
}, 60_000);

test.each(doors)("a PORT that is taken ends the %s door with one clear line", async (door) => {
  const port = await occupy(0);
  const { code, stdout, stderr } = await failing({
    args: ["--door", door],
    env: { PORT: String(port), ...database },
  });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(oneLine);
  expect(stderr).toContain(`PORT ${port} is already in use`);
});

describe("what can't be used ends the start with one line that names it", () => {
  // All others are in settings.test.ts: how they end the process is the same.
  test.each([
    [[], { REDIS_URLS: "redis://a:6379,redis://:secret@b:99999" }, "REDIS_URLS"],
    [[], { DATA_DIR: "/dev/null/data" }, "DATA_DIR"],
    [["--door", "side"], {}, "--door"],
    [
      ["--redis"],
      { REDIS_SERVER: "no-such-redis-server", PATH: process.env.PATH ?? "" },
      "no-such-redis-server",
    ],
  ])("%s with %j", async (args, env, named) => {
    const { code, stdout, stderr } = await failing({
      args,
      env: { PORT: "0", ...(env as Record<string, string>) },
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain(named);
    expect(stderr).not.toContain("secret");
  });
});

// Closing a door is close-door.test.ts's subject, for both doors; this is what the process makes of it.
describe("the application, told to end", () => {
  const door = "nest";

  /** Resolves with the exit code and how long it took. */
  async function end(app: BookingApp, signal: NodeJS.Signals) {
    const since = performance.now();
    app.kill(signal);
    return { code: await app.ended, ms: performance.now() - since };
  }

  test.each(["SIGTERM", "SIGINT"] as const)(
    "by %s ends with 0, and idle connections do not hold it up",
    async (signal) => {
      const app = await start({ args: ["--door", door] });
      await send(app.url, "/api/shows");
      const { code, ms } = await end(app, signal);
      expect(code).toBe(0);
      expect(ms).toBeLessThan(3_000);
      expect(app.output("stderr")).toBe("");
    },
  );

  /** An application with somebody who is paying. */
  async function startSelling(PAYMENT_MS: string) {
    const servers = await redisServers(1);
    const app = await startOnRedis(door, servers, { PAYMENT_MS, ...database });
    const payment = book(app.url, "A1").then(
      ({ status }) => status,
      () => "cut off",
    );
    return { app, payment, holding: await seatIsLocked(servers, "A1") };
  }

  test("lets a payment end that is under way, and leaves no lock behind", async () => {
    const { app, payment, holding } = await startSelling("500");
    const { code, ms } = await end(app, "SIGTERM");
    expect(await payment).toBe(201);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3_000);
    expect(await holding()).toBe(0);
  });

  test("does not wait for a payment that takes too long, and a second Ctrl-C changes nothing", async () => {
    const { app, payment } = await startSelling("60000");
    const since = performance.now();
    app.kill("SIGINT");
    await noLongerListening(app.url);
    app.kill("SIGINT");
    const code = await app.ended;
    const ms = performance.now() - since;
    expect(await payment).toBe("cut off");
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3_000);
  });

  test("ends although its Redis is out of reach", async () => {
    const servers = await redisServers(1);
    const app = await startOnRedis(door, servers, { ...database });
    await servers[0]?.kill();
    const { code, ms } = await end(app, "SIGTERM");
    expect(code).toBe(0);
    expect(ms).toBeLessThan(3_000);
  });
});
