import { describe, expect, test, vi } from "vitest";
import { ioredisClient, ioredisClientOf } from "../../packages/core/src/redis/clients/ioredis.js";
import { redisClient, redisServer, tcpProxy } from "../support/this-test.js";
import { active, client5, client6, eventually, hear, inactive, listenersOf } from "./hearing.js";

describe.each([
  ["ioredis 6", client6],
  ["ioredis 5", client5],
])("over a client of %s", (_, client) => {
  test("whose connection for notices is killed, they come again over a new one", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    const { port } = client(server);
    const [a, b] = [hear(port, "a"), hear(port, "b")];
    for (const message of ["1", "2", "3"]) {
      await active(a, b);
      expect(await listenersOf(operator)).toBe(1);
      await operator.publish("a", message);
      await operator.publish("b", message);
      await eventually(() => expect([a.heard.at(-1), b.heard.at(-1)]).toEqual([message, message]));
      await operator.call("client", "kill", "type", "pubsub");
      await Promise.all([inactive(a), inactive(b)]);
    }
    expect(a.heard).toEqual(["1", "2", "3"]);
  });

  test("whose server crashes and starts again, they come again", async () => {
    const server = await redisServer();
    const { port } = client(server);
    const hearing = hear(port, "a");
    await active(hearing);
    await server.kill();
    await inactive(hearing);
    await server.restart();
    await active(hearing);
    await redisClient(server).publish("a", "seat");
    await eventually(() => expect(hearing.heard).toEqual(["seat"]));
  });

  test("whose server freezes for a while, they come when it goes on", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    const { port } = client(server);
    const hearing = hear(port, "a");
    await active(hearing);
    server.pause();
    const publishing = operator.publish("a", "seat");
    server.resume();
    await publishing;
    await eventually(() => expect(hearing.heard).toEqual(["seat"]));
    await active(hearing);
  });

  test("whose own connection alone breaks, they keep coming", async () => {
    const server = await redisServer();
    const operator = redisClient(server);
    const { client: own, port } = client(server);
    const hearing = hear(port, "a");
    await active(hearing);
    const id = await own.client("ID");
    await operator.call("client", "kill", "id", String(id));
    await eventually(() => expect(own.status).not.toBe("ready"));
    expect(hearing.subscription.active).toBe(true);
    await operator.publish("a", "seat");
    await eventually(() => expect(hearing.heard).toEqual(["seat"]));
  });

  test("which a silent connection is no good to, they come again when it is opened anew", async () => {
    const server = await redisServer();
    const proxy = await tcpProxy(server);
    const { port } = client(proxy);
    await port.ready();
    const hearing = hear(port, "a");
    await active(hearing);
    proxy.connections.at(-1)?.apply({ dropReplies: true }); // the last one is the one for notices
    port.reconnect();
    expect(hearing.subscription.active).toBe(false);
    await active(hearing);
    await redisClient(server).publish("a", "seat");
    await eventually(() => expect(hearing.heard).toEqual(["seat"]));
  });

  test("which can't connect again for as long as its server is away, nothing else tries to", async () => {
    const server = await redisServer();
    const proxy = await tcpProxy(server);
    const { client: own, port } = client(proxy, { retryStrategy: () => null });
    const hearing = hear(port, "a");
    await active(hearing);
    proxy.cut();
    await eventually(() => expect(own.status).toBe("end"));
    await inactive(hearing);
    await eventually(() => expect(proxy.connections).toEqual([]));
    await own.connect();
    await active(hearing);
  });
});

test("a connection for notices whose server does not answer is given up for another", {
  timeout: 30_000,
}, async () => {
  const server = await redisServer();
  const proxy = await tcpProxy(server);
  const { client: own } = client6(proxy);
  await own.ping();
  proxy.apply({ dropReplies: true });
  const hearing = hear(ioredisClient(own), "a");
  await eventually(() => expect(proxy.connections).toHaveLength(2));
  const [, hung] = proxy.connections;
  proxy.apply({});
  hung?.apply({ dropReplies: true });
  await active(hearing);
  await eventually(async () => expect(await listenersOf(redisClient(server))).toBe(1));
});

test("a client of our own for a URL hears again after its server has crashed", async () => {
  const server = await redisServer();
  const port = ioredisClientOf(new URL(server.url));
  const hearing = hear(port, "a");
  await active(hearing);
  await server.kill();
  await inactive(hearing);
  await server.restart();
  await active(hearing);
  await redisClient(server).publish("a", "seat");
  await eventually(() => expect(hearing.heard).toEqual(["seat"]));
  await port.close();
});

test("a client that can't be duplicated at present is asked again", async () => {
  const server = await redisServer();
  const { client: own, port } = client6(server);
  const duplicate = vi.spyOn(own, "duplicate").mockImplementationOnce(() => {
    throw new Error("not now");
  });
  await port.ready();
  await active(hear(port, "a"));
  expect(duplicate).toHaveBeenCalledTimes(2);
});

test("a server that is away when it is to be heard is heard when it comes", async () => {
  const server = await redisServer();
  await server.kill();
  const { port } = client6(server);
  const hearing = hear(port, "a");
  await server.restart();
  await active(hearing);
});
