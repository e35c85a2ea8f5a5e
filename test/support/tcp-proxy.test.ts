import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type RedisServer, startRedis } from "./redis-server.js";
import { blackhole, forward, stall, startTcpProxy, type TcpProxy } from "./tcp-proxy.js";

let server: RedisServer;
let direct: Redis;
let proxy: TcpProxy;
let client: Redis;

beforeAll(async () => {
  server = await startRedis();
  direct = new Redis(server.url);
});
afterAll(async () => {
  direct.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await direct.flushall();
  proxy = await startTcpProxy(server.port);
  client = connect();
  await client.ping();
});
afterEach(() => {
  client.disconnect();
  proxy.stop();
});

function connect() {
  const made = new Redis(proxy.url, { retryStrategy: () => 20, maxRetriesPerRequest: 0 });
  made.on("error", () => {}); // broken connections are the subject here
  return made;
}

/** Not `once` of node:events: that one rejects on the errors of the way there. */
function ready(of: Redis) {
  return new Promise<void>((resolve) => of.once("ready", resolve));
}

function within<T>(ms: number, promise: Promise<T>) {
  return Promise.race([promise.catch(() => "broken"), sleep(ms, "silence")]);
}

async function elapsed(work: () => Promise<unknown>) {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

test("it forwards both ways, large values too", async () => {
  const value = "x".repeat(1_000_000);
  await client.set("k", value);
  expect(await client.get("k")).toBe(value);
});

test("requests and replies are delayed by their own times, and keep their order", async () => {
  proxy.apply({ requestDelayMs: 60, replyDelayMs: 40 });
  const took = await elapsed(() => Promise.all([client.rpush("k", "1"), client.rpush("k", "2")]));
  expect(took).toBeGreaterThan(95);
  proxy.apply({ requestDelayMs: 100 });
  const late = client.rpush("k", "3");
  proxy.apply(forward);
  await client.rpush("k", "4");
  await late;
  expect(await direct.lrange("k", 0, -1)).toEqual(["1", "2", "3", "4"]);
});

test("a request whose reply is dropped has been carried out", async () => {
  proxy.apply({ dropReplies: true });
  expect(await within(150, client.set("k", "v"))).toBe("silence");
  expect(await direct.get("k")).toBe("v");
});

test("a request into a black hole has not", async () => {
  proxy.apply(blackhole);
  expect(await within(150, client.set("k", "v"))).toBe("silence");
  expect(await direct.get("k")).toBeNull();
});

test("what is stalled arrives when the stall is over, in order", async () => {
  proxy.apply(stall);
  const replies = Promise.all([client.rpush("k", "1"), client.rpush("k", "2")]);
  expect(await within(150, replies)).toBe("silence");
  expect(await direct.exists("k")).toBe(0);
  proxy.apply({ stallReplies: true });
  while ((await direct.llen("k")) < 2) await sleep(5);
  expect(await within(50, replies)).toBe("silence");
  proxy.apply(forward);
  expect(await replies).toEqual([1, 2]);
  expect(await direct.lrange("k", 0, -1)).toEqual(["1", "2"]);
});

test("an abandoned connection talks to nobody, and a new one works", async () => {
  proxy.abandon();
  expect(await within(150, client.ping())).toBe("silence");
  const other = connect();
  expect(await other.ping()).toBe("PONG");
  other.disconnect();
  proxy.cut();
  await ready(client);
  expect(await client.ping()).toBe("PONG");
});

test("a server does not learn in a black hole that a client has gone, until the connection is cut", async () => {
  const clients = async () => Number(/connected_clients:(\d+)/.exec(await direct.info("clients"))?.[1]);
  const before = await clients();
  const leaving = createConnection(proxy.port, "127.0.0.1");
  while ((await clients()) === before) await sleep(5);
  proxy.apply(blackhole);
  leaving.resetAndDestroy();
  while (proxy.connections.length > 1) await sleep(5);
  expect(await clients()).toBe(before + 1);
  client.disconnect();
  proxy.cut();
  while ((await clients()) > before) await sleep(5);
});

test("one connection can suffer alone", async () => {
  const other = connect();
  await other.ping();
  expect(proxy.connections).toHaveLength(2);
  proxy.connections[0]?.apply(blackhole);
  expect(await within(150, client.ping())).toBe("silence");
  expect(await other.ping()).toBe("PONG");
  other.disconnect();
});

test("a cut connection fails what is under way, and the client comes back", async () => {
  proxy.apply({ dropReplies: true });
  const reply = within(5_000, client.incr("k"));
  while ((await direct.get("k")) !== "1") await sleep(5);
  const back = ready(client);
  proxy.apply(forward);
  proxy.cut();
  expect(await reply).toBe("broken");
  await back;
  expect(await client.ping()).toBe("PONG");
});

test("refused connections are refused until it accepts again, on the same port", async () => {
  const { port } = proxy;
  proxy.refuse();
  expect(await client.ping()).toBe("PONG");
  proxy.cut();
  const refused = new Redis(proxy.url, { lazyConnect: true, retryStrategy: () => null });
  refused.on("error", () => {});
  await expect(refused.connect()).rejects.toThrow();
  const back = ready(client);
  await proxy.accept();
  expect(proxy.port).toBe(port);
  await back;
  expect(await client.ping()).toBe("PONG");
});
