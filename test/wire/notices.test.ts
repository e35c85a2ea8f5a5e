import { describe, expect, test } from "vitest";
import { ioredisClient, ioredisClientOf } from "../../packages/core/src/redis/clients/ioredis.js";
import { redisClient, redisServer } from "../support/this-test.js";
import { active, client5, client6, eventually, hear, listenersOf } from "./hearing.js";

describe.each([
  ["ioredis 6", client6],
  ["ioredis 5", client5],
])("over a client of %s", (_, client) => {
  test("what is published arrives, and nothing of other channels", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    const hearing = hear(client(server).port, "a");
    expect(hearing.subscription.active).toBe(false);
    await active(hearing);
    await operator.publish("b", "another's");
    await operator.publish("a", "seat ☂");
    await eventually(() => expect(hearing.heard).toEqual(["seat ☂"]));
  });

  test("a client has one connection more for all channels, from the first subscription to the last", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    const own = client(server);
    await own.port.ready();
    await own.client.ping();
    const before = String(await operator.client("LIST")).split("\n").length;
    const first = hear(own.port, "a");
    const second = hear(ioredisClient(own.client), "b");
    await active(first, second);
    const third = hear(own.port, "c");
    await active(third);
    expect(await listenersOf(operator)).toBe(1);
    expect(String(await operator.client("LIST")).split("\n")).toHaveLength(before + 1);
    first.subscription.stop();
    second.subscription.stop();
    await eventually(async () => expect(await operator.pubsub("CHANNELS")).toEqual(["c"]));
    await operator.publish("c", "seat");
    await eventually(() => expect(third.heard).toEqual(["seat"]));
    third.subscription.stop();
    third.subscription.stop();
    expect(third.subscription.active).toBe(false);
    await eventually(async () => expect(await operator.pubsub("CHANNELS")).toEqual([]));
    await eventually(async () =>
      expect(String(await operator.client("LIST")).split("\n")).toHaveLength(before),
    );
    const again = hear(own.port, "a");
    await active(again);
  });

  test("two may listen to one channel, and each stops for itself", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    const { port } = client(server);
    const [stays, goes] = [hear(port, "a"), hear(port, "a")];
    await active(stays, goes);
    await operator.publish("a", "1");
    await eventually(() => expect([stays.heard, goes.heard]).toEqual([["1"], ["1"]]));
    goes.subscription.stop();
    goes.subscription.stop();
    expect([stays.subscription.active, goes.subscription.active]).toEqual([true, false]);
    await operator.publish("a", "2");
    await eventually(() => expect(stays.heard).toEqual(["1", "2"]));
    expect(goes.heard).toEqual(["1"]);
  });

  test("a channel that is left and entered again at once is heard", async () => {
    const server = await redisServer();
    const { port } = client(server);
    await active(hear(port, "other"));
    const left = hear(port, "a");
    left.subscription.stop();
    const entered = hear(port, "a");
    await active(entered);
    await redisClient(server).publish("a", "seat");
    await eventually(() => expect(entered.heard).toEqual(["seat"]));
    expect(left.heard).toEqual([]);
  });

  test("who stops before it has begun leaves nothing", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    const own = client(server);
    await own.port.ready();
    const sockets = await operator.client("LIST");
    hear(own.port, "a").subscription.stop();
    const later = hear(own.port, "b");
    await active(later);
    expect(await operator.pubsub("CHANNELS")).toEqual(["b"]);
    later.subscription.stop();
    await eventually(async () =>
      expect(String(await operator.client("LIST")).split("\n")).toHaveLength(
        String(sockets).split("\n").length,
      ),
    );
    expect(own.client.listenerCount("ready")).toBe(0);
    expect(own.client.listenerCount("end")).toBe(0);
  });

  test.each(["app:", "{app}"])(
    "a lock is called as the client calls it, without its keyPrefix %s",
    async (keyPrefix) => {
      const server = await redisServer();
      const operator = redisClient(server);
      const { client: own, port } = client(server, { keyPrefix });
      const hearing = hear(port, "a");
      await active(hearing);
      expect(await operator.pubsub("CHANNELS")).toEqual(["a"]);
      await own.eval("redis.call('PUBLISH', 'a', KEYS[1])", 1, "lock:seat");
      await operator.publish("a", "lock:of-another-prefix");
      await own.eval("redis.call('PUBLISH', 'a', KEYS[1])", 1, "lock:row");
      await eventually(() => expect(hearing.heard).toEqual(["lock:seat", "lock:row"]));
    },
  );

  test("no setting of the client's is in the way", async () => {
    const server = await redisServer({ args: ["--requirepass", "secret"] });
    const { client: own, port } = client(server, {
      password: "secret",
      db: 3,
      lazyConnect: true,
      retryStrategy: () => null,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 500,
      socketTimeout: 500,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      enableAutoPipelining: true,
      connectionName: "booking",
      readOnly: true,
      stringNumbers: true,
    });
    const hearing = hear(port, "a");
    expect(own.status).toBe("wait");
    await port.ready();
    await active(hearing);
    await own.publish("a", "1");
    await eventually(() => expect(hearing.heard).toEqual(["1"]));
    await own.call("client", "kill", "type", "pubsub");
    await eventually(async () => expect(Number(await own.publish("a", "2"))).toBe(1));
    await eventually(() => expect(hearing.heard.at(-1)).toBe("2"));
    await active(hearing);
  });

  test.each(["quit", "disconnect"] as const)(
    "it ends with the client (%s), and begins again with it",
    async (end) => {
      const server = await redisServer();
      const operator = redisClient(server);
      const { client: own, port } = client(server);
      const hearing = hear(port, "a");
      await active(hearing);
      await own[end]();
      await eventually(() => expect(hearing.subscription.active).toBe(false));
      await eventually(async () => expect(await listenersOf(operator)).toBe(0));
      await own.connect();
      await active(hearing);
      await operator.publish("a", "seat");
      await eventually(() => expect(hearing.heard).toEqual(["seat"]));
    },
  );
});

test("a client of our own for a URL hears, and no more once it is closed", async () => {
  const server = await redisServer();
  const operator = redisClient(server);
  const port = ioredisClientOf(new URL(server.url));
  const stopped = hear(port, "b");
  stopped.subscription.stop();
  const hearing = hear(port, "a");
  expect(hearing.subscription.active).toBe(false);
  await active(hearing);
  await operator.publish("b", "another's");
  await operator.publish("a", "seat");
  await eventually(() => expect(hearing.heard).toEqual(["seat"]));
  expect(stopped.heard).toEqual([]);
  await port.close();
  await eventually(() => expect(hearing.subscription.active).toBe(false));
  await eventually(async () => expect(await listenersOf(operator)).toBe(0));
});

test("what only looks like an ioredis client is never heard, and nobody minds", () => {
  const nothing = (): undefined => undefined;
  const fake = {
    status: "ready",
    options: {},
    listenerCount: () => 0,
    call: () => Promise.resolve(null),
    connect: () => Promise.resolve(),
    disconnect: nothing,
    on: nothing,
    off: nothing,
  };
  const hearing = hear(ioredisClient(fake), "a");
  expect(hearing.subscription.active).toBe(false);
  hearing.subscription.stop();
});
