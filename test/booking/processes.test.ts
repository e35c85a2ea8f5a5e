import { beforeAll, describe, expect, test } from "vitest";
import { buildBooking, doors } from "./booking-app.js";
import { fileDatabase } from "./file-database.js";
import { redisServers, seatIsLocked, startOnRedis } from "./on-redis.js";
import { book, countByStatus } from "./requests.js";

beforeAll(buildBooking);
const database = fileDatabase();

const count = 3;

describe("two processes, one behind each door, on three Redis servers", () => {
  test("a seat that one of them is selling is locked in the other, until the one dies", async () => {
    const servers = await redisServers(count);
    const [slow, quick] = await Promise.all([
      startOnRedis("nest", servers, { PAYMENT_MS: "60000", LOCK_TTL_MS: "1000", ...database }),
      startOnRedis("express", servers, { PAYMENT_MS: "0", LOCK_TTL_MS: "1000", ...database }),
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
    const env = { PAYMENT_MS: "100", PAYMENT_FAILURE_RATE: "1", ...database };
    const apps = await Promise.all(doors.map((door) => startOnRedis(door, servers, env)));
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
