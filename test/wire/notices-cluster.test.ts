import { Cluster } from "ioredis";
import { Cluster as Cluster5 } from "ioredis5";
import { describe, expect, onTestFinished, test } from "vitest";
import { ioredisClient } from "../../packages/core/src/redis/clients/ioredis.js";
import { startRedisCluster } from "../support/redis-server.js";
import { redisClient } from "../support/this-test.js";
import { active, eventually, hear, inactive, listenersOf } from "./hearing.js";

describe.each([
  ["ioredis 6", (url: string) => new Cluster([url])],
  ["ioredis 5", (url: string) => new Cluster5([url])],
])("over a Cluster client of %s", (_, connect) => {
  async function start() {
    const server = await startRedisCluster();
    onTestFinished(() => server.stop());
    const cluster = connect(server.url);
    cluster.on("error", () => {}); // of a Cluster that is away
    onTestFinished(() => cluster.disconnect());
    return { server, operator: redisClient(server), cluster, port: ioredisClient(cluster) };
  }

  test("what is published arrives, over one connection that ends with the last subscription", async () => {
    const { operator, port } = await start();
    await port.ready();
    await eventually(async () => expect(await listenersOf(operator)).toBe(0));
    const [a, b] = [hear(port, "a"), hear(port, "b")];
    await active(a, b);
    expect(await listenersOf(operator)).toBe(1);
    await operator.publish("a", "lock:seat");
    await eventually(() => expect(a.heard).toEqual(["lock:seat"]));
    expect(b.heard).toEqual([]);
    a.subscription.stop();
    b.subscription.stop();
    await eventually(async () => expect(await listenersOf(operator)).toBe(0));
  });

  test("it survives the end of its connection and of the server", async () => {
    const { server, operator, port } = await start();
    const hearing = hear(port, "a");
    await active(hearing);
    await operator.call("client", "kill", "type", "pubsub");
    await inactive(hearing);
    await active(hearing);
    await server.kill();
    await inactive(hearing);
    await server.restart();
    await active(hearing);
    await eventually(async () => expect(await operator.publish("a", "lock:seat")).toBe(1));
    await eventually(() => expect(hearing.heard).toContain("lock:seat"));
  });

  test("it ends with the client, and begins again with it", async () => {
    const { operator, cluster, port } = await start();
    const hearing = hear(port, "a");
    await active(hearing);
    await cluster.quit();
    await eventually(async () => expect(await listenersOf(operator)).toBe(0));
    await cluster.connect();
    await active(hearing);
  });
});
