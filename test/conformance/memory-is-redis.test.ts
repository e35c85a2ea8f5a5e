import { memoryNode } from "@redlock-kit/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RESERVED_MS } from "../../packages/core/src/node/reserved.js";
import { ioredisClient } from "../../packages/core/src/redis/clients/ioredis.js";
import { RedisNode } from "../../packages/core/src/redis/redis-node.js";
import { redisClient, redisServer } from "../support/this-test.js";
import { eventually } from "../wire/hearing.js";
import { comparable, EVERY_KEY, LISTENING, steps } from "./node-requests.js";

test("a memory node answers every sequence of requests as a Redis server does", async () => {
  const client = redisClient(await redisServer());
  const redis = new RedisNode(ioredisClient(client), { minReplicas: 0, deadlineMs: 1 });
  await redis.identify();
  const heard: string[] = [];
  const subscriptions = LISTENING.map((process) => redis.listen(process, (lock) => heard.push(lock)));
  for (const subscription of subscriptions) {
    await eventually(() => expect(subscription.active).toBe(true));
  }
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const answers = [];
      let startedAt: number;
      // A lock is kept for the next process for a moment only; a machine that was busy elsewhere meanwhile tells nothing.
      do {
        startedAt = performance.now();
        await client.flushdb();
        const memory = memoryNode();
        for (const process of LISTENING) memory.listen?.(process, () => {});
        answers.length = 0;
        for (const { name, put } of [...sequence, ...EVERY_KEY]) {
          answers.push({ name, of: await Promise.all([put(memory), put(redis)]) });
        }
      } while (performance.now() - startedAt > RESERVED_MS - 5);
      for (const { name, of } of answers) expect(of[1], name).toEqual(comparable(of[0]));
    }),
    { numRuns: 400 },
  );
  expect(heard.length).toBeGreaterThan(0);
});
