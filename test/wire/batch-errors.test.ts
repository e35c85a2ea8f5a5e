import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { BATCH } from "../../packages/core/src/redis/batch.js";
import { redisClient, redisServer, tcpProxy } from "../support/this-test.js";
import { recordedNode } from "./recorded.js";
import { extensionOf, grantOf, releaseOf } from "./requests.js";

/** What became of promises, in a word each. */
async function outcomes(replies: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(replies);
  return settled.map((result) => {
    if (result.status === "rejected") return `failed: ${String(result.reason.message)}`;
    return typeof result.value === "string" ? result.value : (result.value as { kind: string }).kind;
  });
}

describe("one of several requests of one tick fails alone", () => {
  test.each<[why: string, ruin: (client: Redis) => Promise<unknown>, message: RegExp]>([
    ["its lock is no string", (client) => client.lpush("lock:bad", "x"), /WRONGTYPE/],
    ["its counter is no string", (client) => client.lpush("{lock:bad}:fence", "x"), /WRONGTYPE/],
    ["its counter is no number", (client) => client.set("{lock:bad}:fence", "x"), /FENCE the counter .*bad/],
  ])("when %s", async (_why, ruin, message) => {
    const client = redisClient(await redisServer());
    const { node, sent } = await recordedNode(client);
    await ruin(client);
    const found = await outcomes([
      node.grant(grantOf("a", "t")),
      node.grant(grantOf("bad", "t")),
      node.release(releaseOf("a", "t")),
      node.grant(grantOf(["b", "bad"], "t")),
      node.extend(extensionOf("bad", "t")),
      node.grant(grantOf("a", "u")),
    ]);
    expect(sent).toHaveLength(1);
    expect(found[0]).toBe("granted");
    expect(found[1]).toMatch(message);
    expect(found[2]).toBe("released");
    expect(found[3]).toMatch(message);
    expect(found[4]).toMatch(message);
    expect(found[5]).toBe("granted");
    expect(await client.get("lock:a")).toBe("u");
    expect(await client.exists("lock:b")).toBe(0);
  });

  test("with the words of a request that is alone", async () => {
    const client = redisClient(await redisServer());
    const { node } = await recordedNode(client);
    await client.set("{lock:bad}:fence", "x");
    const [alone] = await outcomes([node.grant(grantOf("bad", "t"))]);
    const [among] = await outcomes([node.grant(grantOf("bad", "t")), node.grant(grantOf("a", "t"))]);
    expect(among).toBe(alone);
  });

  test("when the server is out of memory: what is released is released", async () => {
    const client = redisClient(await redisServer());
    const { node, sent } = await recordedNode(client);
    await node.grant(grantOf("a", "t"));
    await client.config("SET", "maxmemory", "1");
    const found = await outcomes([
      node.grant(grantOf("b", "t")),
      node.grant(grantOf(["c", "d"], "t")),
      node.release(releaseOf("a", "t")),
    ]);
    expect(sent).toHaveLength(2);
    expect(found).toEqual([expect.stringContaining("OOM"), expect.stringContaining("OOM"), "released"]);
    expect(await client.keys("lock:*")).toEqual([]);
  });

  test("when the user may not touch its keys", async () => {
    const server = await redisServer();
    const admin = redisClient(server);
    await admin.call("ACL", "SETUSER", "worker", "on", ">secret", "~*lock:mine*", "&*", "+@all");
    const worker = new Redis({ port: server.port, username: "worker", password: "secret" });
    onTestFinished(() => worker.disconnect());
    const { node } = await recordedNode(worker);
    const found = await outcomes([
      node.grant(grantOf("mine:1", "t")),
      node.grant(grantOf("yours", "t")),
      node.release(releaseOf("mine:1", "t")),
    ]);
    expect(found).toEqual(["granted", expect.stringContaining("NOPERM"), "released"]);
  });
});

describe("all requests of one tick fail together", () => {
  test("when the server lets nobody run scripts", async () => {
    const server = await redisServer();
    const { node } = await recordedNode(redisClient(server));
    await redisClient(server).call("ACL", "SETUSER", "default", "-evalsha", "-eval");
    const found = await outcomes([node.grant(grantOf("a", "t")), node.grant(grantOf("b", "t"))]);
    expect(found).toEqual(Array(2).fill(expect.stringContaining("NOPERM")));
  });

  test("when the connection breaks before the reply has come, although they were carried out", async () => {
    const server = await redisServer();
    const [admin, proxy] = [redisClient(server), await tcpProxy(server)];
    const client = new Redis({ port: proxy.port, maxRetriesPerRequest: 0, retryStrategy: () => null });
    client.on("error", () => {});
    onTestFinished(() => client.disconnect());
    const { node } = await recordedNode(client);
    proxy.apply({ dropReplies: true });
    const found = outcomes(["a", "b", "c"].map((name) => node.grant(grantOf(name, "t"))));
    await expect.poll(() => admin.exists("lock:a", "lock:b", "lock:c")).toBe(3);
    proxy.cut();
    expect(await found).toEqual(Array(3).fill(expect.stringContaining("failed: ")));
  });

  test("when the client is not connected", async () => {
    const client = redisClient(await redisServer());
    const { node } = await recordedNode(client);
    client.disconnect();
    const found = await outcomes([node.grant(grantOf("a", "t")), node.release(releaseOf("b", "t"))]);
    expect(found).toEqual(Array(2).fill("failed: Connection is closed."));
  });

  test.each([[[]], [[1]], [1], [null]])(
    "when the reply is %j, which the script never gives",
    async (reply) => {
      const client = redisClient(await redisServer());
      const { node } = await recordedNode(client);
      client.call = () => Promise.resolve(reply);
      const found = await outcomes([node.grant(grantOf("a", "t")), node.release(releaseOf("b", "t"))]);
      expect(found).toEqual(Array(2).fill(expect.stringContaining("can't be read")));
    },
  );
});

describe("a server that has forgotten its scripts is sent the text of the batch,", () => {
  test("once", async () => {
    const client = redisClient(await redisServer());
    const { node, sent } = await recordedNode(client);
    await client.script("FLUSH");
    const ask = () => outcomes(["a", "b"].map((name) => node.extend(extensionOf(name, "t"))));
    expect(await ask()).toEqual(["free", "free"]);
    expect(await ask()).toEqual(["free", "free"]);
    expect(sent.map(([command, script]) => [command, script])).toEqual([
      ["evalsha", BATCH.sha],
      ["eval", BATCH.source],
      ["evalsha", BATCH.sha],
    ]);
  });

  test("and keeps the order of the calls, when there are several", async () => {
    const client = redisClient(await redisServer());
    const { node } = await recordedNode(client);
    await client.script("FLUSH");
    const seats = Array.from({ length: 200 }, (_, i) => `seat:${i}`);
    const first = seats.map((name) => node.grant(grantOf(name, "first")));
    const second = seats.map((name) => node.grant(grantOf(name, "second")));
    expect(new Set(await outcomes(first))).toEqual(new Set(["granted"]));
    expect(new Set(await outcomes(second))).toEqual(new Set(["held"]));
  });
});
