import { Redis } from "ioredis";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type BookingApp, buildBooking, doors, startBooking } from "./booking-app.js";
import { book, countByStatus, send } from "./requests.js";

beforeAll(buildBooking);

async function redisServers(count: number): Promise<RedisServer[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const server = await startRedis();
      onTestFinished(() => server.stop());
      return server;
    }),
  );
}

async function start(door: string, servers: RedisServer[], env: Record<string, string>): Promise<BookingApp> {
  const REDIS_URLS = servers.map(({ url }) => url).join(",");
  const app = await startBooking({ args: ["--door", door], env: { PORT: "0", REDIS_URLS, ...env } });
  onTestFinished(() => app.stop());
  return app;
}

/** Settles when all servers hold the lock of a seat. */
async function seatIsLocked(servers: readonly RedisServer[], seatId: string): Promise<void> {
  for (const { url } of servers) {
    const client = new Redis(url);
    onTestFinished(() => client.disconnect());
    await vi.waitUntil(() => client.exists(`lock:show:hamlet:seat:${seatId}`), {
      timeout: 10_000,
      interval: 5,
    });
  }
}

describe.each([1, 3])("two processes, one behind each door, on %i Redis servers", (count) => {
  test("a seat that one of them is selling is locked in the other, until the one dies", async () => {
    const servers = await redisServers(count);
    const [slow, quick] = await Promise.all([
      start("nest", servers, { PAYMENT_MS: "60000", LOCK_TTL_MS: "1000" }),
      start("express", servers, { PAYMENT_MS: "0", LOCK_TTL_MS: "1000" }),
    ]);
    const payment = book(slow.url, "A1", "Ada").catch(() => "its process died");
    await seatIsLocked(servers, "A1");

    // It waits for twice the lease time: the lease is extended as long as somebody pays.
    const refused = await book(quick.url, "A1", "Bob");
    expect(refused.status).toBe(423);
    expect(refused.json).toMatchObject({ code: "ERR_LOCK_HELD" });
    expect((await book(quick.url, "A2", "Bob")).status).toBe(201);

    slow.kill("SIGKILL");
    expect(await payment).toBe("its process died");
    expect((await book(quick.url, "A1", "Bob")).status).toBe(201);
  });

  test("200 who ask both of them for one seat pay one at a time", async () => {
    const servers = await redisServers(count);
    // Payments that fail keep the seat for sale, so that everybody gets their turn.
    const env = { PAYMENT_MS: "100", PAYMENT_FAILURE_RATE: "1" };
    const apps = await Promise.all(doors.map((door) => start(door, servers, env)));
    const since = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => apps.map(({ url }) => book(url, "A1", `buyer ${n}`))).flat(),
    );
    const elapsedMs = performance.now() - since;

    const { 402: paid = 0, 423: busy = 0, ...others } = countByStatus(answers);
    expect(others).toEqual({});
    expect(paid + busy).toBe(200);
    expect(paid).toBeGreaterThan(1);
    // Any two payments at the same time would make room for more than these.
    expect(paid).toBeLessThanOrEqual(elapsedMs / 99);
  });
});

describe.each(doors)("the %s door", (door) => {
  test("starts without its Redis, says so with 503, and sells once Redis is there", async () => {
    const [server] = (await redisServers(1)) as [RedisServer];
    await server.kill();
    const app = await start(door, [server], { PAYMENT_MS: "0" });

    const refused = await book(app.url, "A1");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.json).toMatchObject({ status: 503, code: "ERR_LOCK_UNAVAILABLE" });
    const health = await send(app.url, "/api/health");
    expect(health.status).toBe(503);
    expect(health.headers.get("content-type")).toBe("application/problem+json");
    expect(health.json).toMatchObject({
      status: 503,
      code: "UNHEALTHY",
      locks: "down",
      nodes: [{ voting: false }],
    });
    expect((await send(app.url, "/api/shows")).status).toBe(200);

    await server.restart();
    await vi.waitFor(async () => expect((await book(app.url, "A1")).status).toBe(201), { timeout: 15_000 });
    expect((await send(app.url, "/api/health")).json).toMatchObject({
      locks: "up",
      nodes: [{ voting: true }],
    });
  });

  test("answers 503 while its Redis is frozen, and recovers by itself", async () => {
    const [server] = (await redisServers(1)) as [RedisServer];
    const app = await start(door, [server], { PAYMENT_MS: "0" });
    await vi.waitFor(async () => expect((await book(app.url, "A1")).status).not.toBe(503), {
      timeout: 15_000,
    });

    server.pause();
    expect((await book(app.url, "A2")).status).toBe(503);
    server.resume();
    await vi.waitFor(async () => expect((await book(app.url, "A2")).status).toBe(201), { timeout: 15_000 });
  });

  test("sells on while two of three Redis servers are there, and calls itself degraded", async () => {
    const servers = await redisServers(3);
    const app = await start(door, servers, { PAYMENT_MS: "0" });
    expect((await book(app.url, "A1")).status).toBe(201);

    await servers[0]?.kill();
    await vi.waitFor(
      async () => expect((await send(app.url, "/api/health")).json).toMatchObject({ locks: "degraded" }),
      { timeout: 15_000 },
    );
    expect((await book(app.url, "A2")).status).toBe(201);
  });
});
