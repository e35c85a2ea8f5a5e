import type { ChildProcess } from "node:child_process";
import type { LockManager } from "@redlock-kit/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";
import type { RedisServer } from "../support/redis-server.js";
import { redisClient, redisServer, redisServers } from "../support/this-test.js";
import { elapsed, eventually, managersOn, waiting } from "./on-redis.js";
import { ONLY_NOTICES } from "./only-notices.js";

function waiterProcess(server: RedisServer): ChildProcess {
  const worker = forkWorker(new URL("./waiter.worker.ts", import.meta.url), [server.url]);
  onTestFinished(() => {
    worker.kill("SIGCONT");
    worker.kill("SIGKILL");
  });
  return worker;
}

async function gone(worker: ChildProcess): Promise<void> {
  worker.kill("SIGKILL");
  await eventually(() => expect(worker.signalCode).toBe("SIGKILL"));
}

describe.each([1, 3])("over %i Redis server(s)", (size) => {
  test("a release wakes one manager after the other in the order in which they came, and leaves nothing", async () => {
    const servers = await redisServers(size);
    const clients = servers.map(redisClient);
    const [holder, ...others] = (await managersOn(servers, 4, ONLY_NOTICES)) as [
      LockManager,
      ...LockManager[],
    ];
    const lease = await holder.acquire("k");
    const order: number[] = [];
    const turns: Promise<void>[] = [];
    for (const [i, locks] of others.entries()) {
      const acquire = locks.acquire("k");
      turns.push(
        acquire.then(async (granted) => {
          order.push(i);
          await granted.release();
        }),
      );
      for (const client of clients) await waiting(client, i + 1);
    }
    await lease.release();
    await Promise.all(turns);
    expect(order).toEqual([0, 1, 2]);
    for (const client of clients)
      await eventually(async () => expect(await client.keys("*:k*")).toEqual(["{lock:k}:fence"]));
  });

  test("who leaves takes himself off the queues", async () => {
    const servers = await redisServers(size);
    const clients = servers.map(redisClient);
    const [holder, leaving, next] = (await managersOn(servers, 3, ONLY_NOTICES)) as [
      LockManager,
      LockManager,
      LockManager,
    ];
    const lease = await holder.acquire("k");
    const controller = new AbortController();
    const left = leaving.acquire("k", { signal: controller.signal });
    for (const client of clients) await waiting(client, 1);
    const acquire = next.acquire("k");
    for (const client of clients) await waiting(client, 2);
    controller.abort();
    await expect(left).rejects.toMatchObject({ code: "ERR_LOCK_ABORTED" });
    for (const client of clients)
      await eventually(async () => expect(await client.zcard("{lock:k}:queue")).toBe(1));
    await lease.release();
    expect((await acquire).valid).toBe(true);
  });
});

test("a process that was killed while it waited is passed over", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  const [holder, next] = (await managersOn([server], 2, ONLY_NOTICES)) as [LockManager, LockManager];
  const lease = await holder.acquire("k");
  const worker = waiterProcess(server);
  await nextMessage(worker);
  await waiting(client, 1);
  const acquire = next.acquire("k");
  await waiting(client, 2);
  await gone(worker);
  await eventually(async () => expect(await client.pubsub("CHANNELS", "redlock-kit:wake:*")).toHaveLength(1));
  await lease.release();
  expect((await acquire).valid).toBe(true);
});

test("a process that is frozen while it waits stalls the others for a moment and a look only", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  const [holder, next] = (await managersOn([server], 2)) as [LockManager, LockManager];
  const lease = await holder.acquire("k");
  const worker = waiterProcess(server);
  await nextMessage(worker);
  await waiting(client, 1);
  const acquire = next.acquire("k");
  await waiting(client, 2);
  worker.kill("SIGSTOP");
  await lease.release();
  const tookMs = await elapsed(() => acquire);
  expect(tookMs).toBeGreaterThan(20);
  expect(tookMs).toBeLessThan(8_000);
  const granted = nextMessage(worker);
  worker.kill("SIGCONT");
  await eventually(async () => expect(await client.zcard("{lock:k}:queue")).toBe(1));
  await (await acquire).release();
  expect(await granted).toBe("granted");
});
