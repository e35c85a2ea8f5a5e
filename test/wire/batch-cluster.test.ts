import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { BATCH } from "../../packages/core/src/redis/batch.js";
import { GRANT, RELEASE } from "../../packages/core/src/redis/questions.js";
import { type RedisServer, startRedisCluster } from "../support/redis-server.js";
import { redisClient } from "../support/this-test.js";
import { recordedNode } from "./recorded.js";
import { grantOf, releaseOf } from "./requests.js";

async function clusterServer(): Promise<RedisServer> {
  const server = await startRedisCluster();
  onTestFinished(() => server.stop());
  return server;
}

test("in a Redis Cluster the requests of one tick leave in one call a hash tag, each in its order", async () => {
  const cluster = new Cluster([(await clusterServer()).url]);
  onTestFinished(() => cluster.disconnect());
  await new Promise<void>((resolve) => void cluster.once("ready", resolve));
  const { node, sent } = await recordedNode(cluster);
  const replies = await Promise.all([
    node.grant(grantOf("{order:7}:paid", "t")),
    node.grant(grantOf("alone", "t")),
    node.grant(grantOf(["{order:7}:sent", "{order:7}:told"], "t")),
    node.grant(grantOf("{order:8}:paid", "t")),
    node.release(releaseOf("{order:7}:paid", "t")),
    node.release(releaseOf("{order:8}:paid", "t")),
    node.grant(grantOf("{order:8}:paid", "u")),
  ]);
  expect(replies.map((reply) => (typeof reply === "string" ? reply : reply.kind))).toEqual([
    "granted",
    "granted",
    "granted",
    "granted",
    "released",
    "released",
    "granted",
  ]);
  expect(sent.map(([, script, , first]) => [script, first])).toEqual([
    [BATCH.sha, "lock:{order:7}:paid"],
    [GRANT.script.sha, "lock:alone"],
    [BATCH.sha, "lock:{order:8}:paid"],
  ]);
});

test("a service that divides keys among servers without its client knowing is asked by hash tag from then on", async () => {
  const { node, sent } = await recordedNode(redisClient(await clusterServer()));
  const ask = (token: string) =>
    Promise.all(["{a}1", "b", "{a}2"].map((name) => node.release(releaseOf(name, token))));
  await node.grant(grantOf("b", "t"));
  expect(await ask("t")).toEqual(["free", "released", "free"]);
  const before = sent.length;
  expect(await ask("t")).toEqual(["free", "free", "free"]);
  expect(sent.slice(before).map(([, script]) => script)).toEqual([BATCH.sha, RELEASE.script.sha]);
});
