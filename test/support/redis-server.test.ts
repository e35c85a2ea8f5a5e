import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { forkWorker } from "./fork-worker.js";
import { type RedisOptions, startRedis, startRedisCluster } from "./redis-server.js";

async function redis(options?: RedisOptions) {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

function connect(url: string) {
  const client = new Redis(url, { retryStrategy: () => 50 });
  client.on("error", () => {}); // a server that is away is the subject here
  onTestFinished(() => client.disconnect());
  return client;
}

function isAlive(pid: number) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean) {
  while (!condition()) await sleep(20);
}

test("a server answers on its own port, and two servers never share one", async () => {
  const [a, b] = await Promise.all([redis(), redis()]);
  expect(a.port).not.toBe(b.port);
  expect(await connect(a.url).set("k", "a")).toBe("OK");
  expect(await connect(b.url).get("k")).toBeNull();
});

test("a paused server is silent, and has done the work once it is resumed", async () => {
  const server = await redis();
  const client = connect(server.url);
  await client.ping();
  server.pause();
  const reply = client.incr("k");
  expect(await Promise.race([reply, sleep(200, "silence")])).toBe("silence");
  server.resume();
  expect(await reply).toBe(1);
});

test("a killed server comes back on its port without its data", async () => {
  const server = await redis();
  const client = connect(server.url);
  await client.set("k", "v");
  const { pid } = server;
  await server.kill();
  expect(server.pid).toBeUndefined();
  await server.restart();
  expect(server.pid).not.toBe(pid);
  expect(await client.get("k")).toBeNull();
});

test("a restarted server keeps its data where its arguments say so", async () => {
  const server = await redis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  const client = connect(server.url);
  await client.set("k", "v");
  await server.restart();
  expect(await client.get("k")).toBe("v");
});

test("a server that refuses its arguments is an error with its output", async () => {
  await expect(startRedis({ args: ["--no-such-option", "1"] })).rejects.toThrow("no-such-option");
});

test("stopping ends a paused server too, and removes its folder", async () => {
  const server = await startRedis();
  const [, folder] = (await connect(server.url).config("GET", "dir")) as [string, string];
  const pid = server.pid as number;
  server.pause();
  await server.stop();
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test("a server does not outlive a test process that is killed", async () => {
  const worker = forkWorker(new URL("./redis-owner.worker.ts", import.meta.url));
  const [{ pid, folder }] = (await once(worker, "message")) as [{ pid: number; folder: string }];
  expect(isAlive(pid)).toBe(true);
  worker.kill("SIGKILL");
  await until(() => !isAlive(pid) && !existsSync(folder));
});

test("the one node of a cluster serves every key", async () => {
  const server = await startRedisCluster();
  onTestFinished(() => server.stop());
  const cluster = new Cluster([server.url]);
  onTestFinished(() => cluster.disconnect());
  expect(await Promise.all(["a", "b", "c"].map((key) => cluster.set(key, "v")))).toEqual(["OK", "OK", "OK"]);
});
