import * as fc from "fast-check";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { RESERVED_MS } from "../../packages/core/src/node/reserved.js";
import { ioredisClient } from "../../packages/core/src/redis/clients/ioredis.js";
import { RedisNode } from "../../packages/core/src/redis/redis-node.js";
import { comparable, EVERY_KEY, LISTENING, steps, type Step } from "../conformance/node-requests.js";
import { redisClient, redisServer } from "../support/this-test.js";
import { eventually } from "./hearing.js";

/** A node whose server tells the processes that listen. */
async function listenedTo(client: Redis): Promise<RedisNode> {
  const node = new RedisNode(ioredisClient(client), { minReplicas: 0, deadlineMs: 1 });
  await node.identify();
  for (const process of LISTENING) {
    const subscription = node.listen(process, () => {});
    await eventually(() => expect(subscription.active).toBe(true));
  }
  return node;
}

/** Everything that a server has, and for how long. */
async function contentsOf(client: Redis): Promise<Record<string, unknown>> {
  const contents: Record<string, unknown> = {};
  for (const key of (await client.keys("*")).sort()) {
    const kind = await client.type(key);
    const value =
      kind === "zset" ? await client.call("ZRANGE", key, 0, -1, "WITHSCORES") : await client.get(key);
    contents[key] = { value, leftMs: await client.pttl(key) };
  }
  return contents;
}

function comparableContents(contents: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(contents).map(([key, value]) => [key, comparable(value)]));
}

test("requests of one tick are answered, and leave, what they do one by one", async () => {
  const clients = [redisClient(await redisServer()), redisClient(await redisServer())] as const;
  const [together, alone] = [await listenedTo(clients[0]), await listenedTo(clients[1])];
  const putAlone = async (sequence: readonly Step[]): Promise<unknown[]> => {
    const replies: unknown[] = [];
    for (const { put } of sequence) replies.push(await put(alone));
    return replies;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), async (ticks) => {
      const answers: [name: string, together: unknown, alone: unknown][] = [];
      const contents: Record<string, unknown>[] = [];
      let startedAt: number;
      // A lock is kept for the next process for a moment only; a machine that was busy elsewhere meanwhile tells nothing.
      do {
        startedAt = performance.now();
        answers.length = 0;
        await Promise.all(clients.map((client) => client.flushdb()));
        for (const sequence of [...ticks, EVERY_KEY]) {
          const these = await putAlone(sequence);
          const those = await Promise.all(sequence.map(({ put }) => put(together)));
          for (const [i, { name }] of sequence.entries()) answers.push([name, those[i], these[i]]);
        }
        contents.splice(0, 2, ...(await Promise.all(clients.map(contentsOf))));
      } while (performance.now() - startedAt > RESERVED_MS - 5);
      for (const [name, those, these] of answers) expect(those, name).toEqual(comparable(these));
      expect(contents[0]).toEqual(comparableContents(contents[1] ?? {}));
    }),
    { numRuns: 200 },
  );
});
