import { type FenceGuard, memoryFence, redisFence } from "@redlock-kit/core/fencing";
import * as fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../support/redis-server.js";

let server: RedisServer;
let clients: readonly Redis[];

beforeAll(async () => {
  server = await startRedis();
  clients = Array.from({ length: 4 }, () => new Redis(server.url));
});

afterAll(async () => {
  for (const client of clients ?? []) client.disconnect();
  await server?.stop();
});

let made = 0;
const redisGuards = () => {
  const keyPrefix = `fence-${++made}:`;
  return clients.map((client) => redisFence({ client, keyPrefix }));
};

const TOKENS = 400;
/** Every token from 1 to 400, each once, in no order: 7,919 and 400 have no common divisor. */
const shuffled = Array.from({ length: TOKENS }, (_, i) => ((i * 7919) % TOKENS) + 1);

/** Calls as many processes make them, a few at a time from each. */
async function concurrently(
  guards: readonly FenceGuard[],
  call: (guard: FenceGuard, token: number) => Promise<void>,
): Promise<void> {
  const queue = [...shuffled];
  const work = async (guard: FenceGuard): Promise<void> => {
    for (let token = queue.shift(); token !== undefined; token = queue.shift()) await call(guard, token);
  };
  await Promise.all([...guards, ...guards, ...guards].map(work));
}

describe.each<[string, () => readonly FenceGuard[]]>([
  ["in memory", () => [memoryFence()]],
  ["in Redis, with a connection for each process", redisGuards],
])("tokens that come at once and in disorder to a guard %s", (_, makeGuards) => {
  test("never get an older one through after a newer one", async () => {
    let newest = 0;
    let stale = 0;
    await concurrently(makeGuards(), async (guard, token) => {
      const newestBefore = newest;
      if (await guard.admit("document:7", token)) {
        expect(token).toBeGreaterThan(newestBefore);
        newest = Math.max(newest, token);
      } else stale++;
    });
    expect(newest).toBe(TOKENS);
    expect(stale).toBeGreaterThan(TOKENS / 2);
  });
});

test("values that are set at once and in disorder never go back to an older holder's", async () => {
  const guards = redisGuards();
  const [reader] = clients;
  const key = `value-${made}`;
  let seen = 0;
  const queue = [...shuffled];
  const work = async (guard: (typeof guards)[number]): Promise<void> => {
    for (let token = queue.shift(); token !== undefined; token = queue.shift()) {
      await guard.set(key, String(token), token, 60_000);
      const value = Number(await reader?.get(key));
      expect(value).toBeGreaterThanOrEqual(seen);
      seen = value;
    }
  };
  await Promise.all([...guards, ...guards, ...guards].map(work));
  expect(seen).toBe(TOKENS);
});

test("the guards answer alike, and as the definition says, whatever they are asked", async () => {
  const token = fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: Number.MAX_SAFE_INTEGER - 3, max: Number.MAX_SAFE_INTEGER }),
    fc.maxSafeNat().map((n) => Math.max(1, n)),
  );
  const call = fc.record({
    method: fc.constantFrom("admit", "admitOrThrow", "set"),
    resource: fc.constantFrom("a", "{a}", "b:{a}"),
    token,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 30 }), async (calls) => {
      const memory = memoryFence();
      const [redis] = redisGuards();
      if (redis === undefined) throw new Error("No guard");
      const newest = new Map<string, number>();
      for (const { method, resource, token } of calls) {
        const before = newest.get(resource) ?? 0;
        newest.set(resource, Math.max(before, token));
        const answers = [
          await outcome(memory, method === "set" ? "admit" : method, resource, token),
          method === "set"
            ? await redis.set(resource, "text", token, 60_000)
            : await outcome(redis, method, resource, token),
        ];
        const expected = token >= before || (method === "admitOrThrow" ? newestNamed(before) : false);
        expect(answers).toEqual([expected, expected]);
      }
    }),
    { numRuns: 60 },
  );
});

const newestNamed = (newest: number) => expect.stringContaining(`${newest}, of a newer lease`);

async function outcome(
  guard: FenceGuard,
  method: "admit" | "admitOrThrow",
  resource: string,
  token: number,
): Promise<unknown> {
  if (method === "admit") return guard.admit(resource, token);
  return guard.admitOrThrow(resource, token).then(
    () => true,
    (error: unknown) => (error instanceof Error ? error.message : error),
  );
}
