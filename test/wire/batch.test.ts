import { lockKeyOf } from "../../packages/core/src/keys/lock-key.js";
import { describe, expect, test } from "vitest";
import { BATCH } from "../../packages/core/src/redis/batch.js";
import { GRANT, RELEASE } from "../../packages/core/src/redis/questions.js";
import { redisClient, redisServer } from "../support/this-test.js";
import { recordedNode } from "./recorded.js";
import { extensionOf, grantOf, releaseOf } from "./requests.js";

const BATCH_CALL = ["evalsha", BATCH.sha];
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `seat:${i}`);

async function node() {
  const client = redisClient(await redisServer());
  return { client, ...(await recordedNode(client)) };
}

describe("what is asked of a node in one tick", () => {
  test("leaves in one call, whatever it is and whoever asks", async () => {
    const { client, node: asked, sent } = await node();
    await client.set("lock:c", "t", "PX", 60_000);
    await client.config("RESETSTAT");
    const later = Promise.resolve().then(async () => {
      await Promise.resolve();
      return asked.extend(extensionOf("c", "t"));
    });
    const replies = await Promise.all([
      ...names(20).map((name) => asked.grant(grantOf(name, "t"))),
      asked.release(releaseOf("b", "t")),
      asked.inspect(lockKeyOf("lock:", "c")),
      later,
    ]);
    expect(replies).toHaveLength(23);
    expect(replies.slice(0, 20).map((reply) => (reply as { kind: string }).kind)).toEqual(
      Array(20).fill("granted"),
    );
    expect(sent.map((call) => call.slice(0, 2))).toEqual([BATCH_CALL]);
    expect(await client.info("commandstats")).toContain("cmdstat_evalsha:calls=1,");
  });

  test("is a script of its own, as short as ever, when it is one request", async () => {
    const { node: asked, sent } = await node();
    const grant = grantOf("a", "t");
    await asked.grant(grant);
    await asked.release(releaseOf("a", "t"));
    const { proposal } = grant;
    expect(sent).toEqual([
      [
        "evalsha",
        GRANT.script.sha,
        3,
        "lock:a",
        "{lock:a}:fence",
        "{lock:a}:queue",
        "t",
        60_000,
        proposal,
        3_600_000,
        60_000,
      ],
      ["evalsha", RELEASE.script.sha, 2, "lock:a", "{lock:a}:queue", "t"],
    ]);
  });

  test("leaves before the tick is over, when it is one request and when it is many", async () => {
    const { node: asked, sent } = await node();
    for (const count of [1, 5]) {
      const before = sent.length;
      const replies = names(count).map((name) => asked.inspect(lockKeyOf("lock:", name)));
      await new Promise<void>((resolve) => process.nextTick(resolve));
      expect(sent.length - before).toBe(1);
      await Promise.all(replies);
    }
  });

  test("leaves in one call when it follows from replies that came together", async () => {
    const { node: asked, sent } = await node();
    await Promise.all(
      names(10).map(async (name) => {
        await asked.grant(grantOf(name, "t"));
        await asked.release(releaseOf(name, "t"));
      }),
    );
    expect(sent).toHaveLength(2);
  });

  test("is carried out in its order: what is released is granted to who asks right behind, and not before", async () => {
    const { node: asked, sent } = await node();
    await asked.grant(grantOf("a", "first"));
    const replies = await Promise.all([
      asked.grant(grantOf("a", "too early")),
      asked.release(releaseOf("a", "first", { quiet: true })),
      asked.grant(grantOf("a", "second")),
      asked.release(releaseOf("a", "second")),
      asked.grant(grantOf("a", "third")),
      asked.grant(grantOf("a", "too late")),
    ]);
    expect(replies.map((reply) => (typeof reply === "string" ? reply : reply.kind))).toEqual([
      "held",
      "released",
      "granted",
      "released",
      "granted",
      "held",
    ]);
    expect(sent).toHaveLength(2);
  });

  test("has its settings, where they differ from request to request", async () => {
    const { client, node: asked } = await node();
    await Promise.all([
      asked.grant(grantOf("a", "t", { ttlMs: 60_000 })),
      asked.grant(grantOf("b", "t", { ttlMs: 30_000 })),
      asked.grant(grantOf("c", "t", { ttlMs: 60_000, lockDelayMs: 9_000, fenceTtlMs: 7_200_000 })),
      asked.grant(grantOf(["d", "e"], "t", { ttlMs: 20_000 })),
      asked.grant(grantOf("f", "t", { ttlMs: 10_000, maxSkewMs: 0, proposal: 5 })),
    ]);
    const lives = await Promise.all(
      ["a", "b", "c", "d", "e", "f"].map((name) => client.pttl(`lock:${name}`)),
    );
    expect(lives.map((life) => Math.ceil(life / 1_000))).toEqual([60, 30, 69, 20, 20, 10]);
    expect(Math.ceil((await client.pttl("{lock:c}:fence")) / 1_000)).toBe(7_200);
    expect(Math.ceil((await client.pttl("{lock:d}:fence")) / 1_000)).toBe(3_600);
  });

  test("waits for no answer to what was asked before", async () => {
    const { client, node: asked, sent } = await node();
    await client.client("PAUSE", 200, "ALL");
    const replies: Promise<unknown>[] = [];
    for (let tick = 0; tick < 3; tick++) {
      replies.push(...names(4).map((name) => asked.inspect(lockKeyOf("lock:", name))));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toHaveLength(3);
    await Promise.all(replies);
  });

  test("leaves before the connection ends when the node is closed in the same tick", async () => {
    const { node: asked, sent } = await node();
    const granted = Promise.all([asked.grant(grantOf("a", "t")), asked.grant(grantOf("b", "t"))]);
    await asked.close();
    await granted;
    expect(sent.map(([command]) => command)).toEqual(["evalsha", "close"]);
  });
});

describe("a call has a limit, so that it blocks its server for a moment only:", () => {
  const locksIn = (call: readonly (string | number)[]): number =>
    call.filter((arg) => String(arg).startsWith("lock:")).length;

  test("what is beyond it leaves right behind, in its order", async () => {
    const { node: asked, sent } = await node();
    const replies = names(300).map((name) => asked.grant(grantOf(name, "t")));
    const again = names(300).map((name) => asked.grant(grantOf(name, "another")));
    expect((await Promise.all(replies)).map(({ kind }) => kind)).toEqual(Array(300).fill("granted"));
    expect((await Promise.all(again)).map(({ kind }) => kind)).toEqual(Array(300).fill("held"));
    expect(sent.map(locksIn).reduce((sum, locks) => sum + locks)).toBe(600);
    expect(Math.max(...sent.map(locksIn))).toBeLessThanOrEqual(32);
    expect(sent.length).toBe(Math.ceil(600 / 32));
  });

  test("which is higher for extensions, since nobody waits for them", async () => {
    const { node: asked, sent } = await node();
    const replies = await Promise.all(names(300).map((name) => asked.extend(extensionOf(name, "t"))));
    expect(replies.map(({ kind }) => kind)).toEqual(Array(300).fill("free"));
    expect(sent.map(locksIn)).toEqual([128, 128, 44]);
  });

  test("it counts locks, and one request is never divided", async () => {
    const { node: asked, sent } = await node();
    const many = names(200);
    const replies = await Promise.all([
      asked.grant(grantOf("a", "t")),
      asked.grant(grantOf(many, "t")),
      asked.grant(grantOf("b", "t")),
      asked.grant(grantOf("c", "t")),
    ]);
    expect(replies.map(({ kind }) => kind)).toEqual(Array(4).fill("granted"));
    expect(sent.map(locksIn)).toEqual([1, 200, 2]);
  });
});
