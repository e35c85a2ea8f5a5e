import { beforeAll, describe, expect, test, vi } from "vitest";
import type { RedisServer } from "../support/redis-server.js";
import { type BookingApp, buildBooking, doors } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { redisServers, seatIsLocked, startOnRedis } from "./on-redis.js";
import { book, seatsThatAre, send } from "./requests.js";

beforeAll(buildBooking);
const database = fileDatabase();

async function health({ url }: BookingApp) {
  const { status, headers, json } = await send(url, "/api/health");
  return { status, type: headers.get("content-type"), json };
}

/** Waits for what the application has to find out by itself. */
function eventually(expectation: () => Promise<void>): Promise<void> {
  return vi.waitFor(expectation, { timeout: 15_000 });
}

describe.each(doors)("the %s door", (door) => {
  test("starts without its Redis, says so with 503, and sells once Redis is there", async () => {
    const [server] = (await redisServers(1)) as [RedisServer];
    await server.kill();
    const app = await startOnRedis(door, [server], { PAYMENT_MS: "0", ...database });

    const refused = await book(app.url, "A1");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.json).toMatchObject({ status: 503, code: "ERR_LOCK_UNAVAILABLE" });
    expect(await health(app)).toMatchObject({
      status: 503,
      type: "application/problem+json",
      json: { status: 503, code: "UNHEALTHY", locks: "down", nodes: [{ voting: false }] },
    });
    expect((await send(app.url, "/api/shows")).status).toBe(200);

    await server.restart();
    await eventually(async () => expect((await book(app.url, "A1")).status).toBe(201));
    expect(await health(app)).toMatchObject({
      status: 200,
      json: { locks: "up", nodes: [{ voting: true }] },
    });
  });

  test("stops a payment whose lock is lost: 503, and nothing is sold", async () => {
    const servers = await redisServers(1);
    const app = await startOnRedis(door, servers, { PAYMENT_MS: "60000", LOCK_TTL_MS: "1000", ...database });
    const payment = book(app.url, "A1");
    await seatIsLocked(servers, "A1");

    servers[0]?.pause();
    const { status, headers, json } = await payment;
    expect(status).toBe(503);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(json).toMatchObject({ status: 503, code: "ERR_LOCK_LOST" });
    expect(await seatsThatAre("sold", app.url)).toEqual([]);
    expect(app.output("stderr")).toMatch(/^([^\n]*The sweep of holds that are over has stopped: [^\n]*\n)?$/);

    servers[0]?.resume();
    await eventually(async () => expect(await health(app)).toMatchObject({ status: 200 }));
  });
});

test("two of three Redis servers are enough to sell, and are called degraded", async () => {
  const servers = await redisServers(3);
  const app = await startOnRedis("nest", servers, { PAYMENT_MS: "0", ...database });
  expect((await book(app.url, "A1")).status).toBe(201);

  await servers[0]?.kill();
  await eventually(async () => expect((await health(app)).json).toMatchObject({ locks: "degraded" }));
  expect((await health(app)).status).toBe(200);
  expect((await book(app.url, "A2")).status).toBe(201);
});
