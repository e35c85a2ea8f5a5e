import { createLockManager, type LockManager, type LockManagerOptions, memoryNode } from "@redlock-kit/core";
import type { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../support/free-port.js";
import { lockManager, redisClient, redisServer, redisServers } from "../support/this-test.js";
import { refused, thrown } from "./refused.js";

const make = (nodes: unknown) => () => createLockManager({ nodes } as LockManagerOptions);

describe("nodes that are none are refused, by their place:", () => {
  const sparse = [memoryNode()];
  sparse[2] = memoryNode();
  test.each<[description: string, nodes: unknown, problem: string]>([
    ["nothing", undefined, "nodes must be an array"],
    ["null", null, "nodes must be an array"],
    ["an empty array", [], "nodes must be an array of at least one"],
    ["a URL that is not in an array", "redis://127.0.0.1:6379", "nodes must be an array"],
    ["a node that is not in an array", memoryNode(), "nodes must be an array"],
    ["a hole", sparse, "nodes[1] must be"],
    ["nothing but holes", Object.assign([], { length: 1 }), "nodes[0] must be"],
    ["undefined among others", [memoryNode(), undefined], "nodes[1] must be"],
    ["null", [null], "nodes[0] must be"],
    ["NaN", [Number.NaN], "nodes[0] must be"],
    ["a port", [6379], "nodes[0] must be"],
    ["the options of a client", [{ host: "127.0.0.1", port: 6379 }], "nodes[0] must be"],
    ["a promise of a client", [Promise.resolve(memoryNode())], "nodes[0] must be"],
    ["a URL object", [new URL("redis://127.0.0.1:6379")], "nodes[0] must be"],
    ["half a node", [{ grant() {}, release() {} }], "nodes[0] must be"],
    ["half a client", [{ status: "ready", call() {} }], "nodes[0] must be"],
    ["a factory", [() => memoryNode()], "nodes[0] must be"],
  ])("%s", (_description, nodes, problem) => {
    expect(thrown(make(nodes), "ERR_LOCK_INVALID_ARGUMENT").message).toContain(problem);
  });
});

describe("a URL that leads nowhere is refused, without a word of what may be its password:", () => {
  test.each([
    "",
    "localhost",
    "127.0.0.1:6379",
    "http://u:s3cret@127.0.0.1",
    "redis//u:s3cret@127.0.0.1",
    "redis://u:s3cret@127.0.0.1:port",
    "redis://u:s3cret@127.0.0.1:70000",
    "redis://u:s3cret@",
    "redis://u:s3cret%zz@127.0.0.1:6379",
    "redis://u:s3cret@127.0.0.1:6379/zero",
    "redis://u:s3cret@127.0.0.1:6379/-1",
    "redis://u:s3cret@127.0.0.1:6379/1.5",
  ])('"%s"', (url) => {
    const { message } = thrown(make([memoryNode(), url]), "ERR_LOCK_INVALID_ARGUMENT");
    expect(message).toContain("nodes[1] is no URL");
    expect(message).not.toContain("s3cret");
  });
});

test("nothing that a manager says holds the password of a URL", async () => {
  const port = await freePort();
  const locks = lockManager({ nodes: [`redis://user:s3cret@127.0.0.1:${port}/2`] });
  const error = await refused(() => locks.acquire("seat", { waitMs: 0 }), "ERR_LOCK_UNAVAILABLE");
  expect(error.votes).toMatchObject([{ node: `127.0.0.1:${port}/2`, outcome: "unknown" }]);
  const said = [error.message, error.stack, error.votes, locks.stats()];
  expect(JSON.stringify(said)).not.toContain("s3cret");
});

describe("a node that can't be reached is an error, never a lock that is held:", () => {
  async function everythingIsRefused(locks: LockManager): Promise<void> {
    const calls = [
      () => locks.acquire("seat", { waitMs: 0 }),
      () => locks.tryAcquire("seat"),
      () => locks.withLock("seat", () => expect.unreachable("the work ran"), { waitMs: 0 }),
      () => locks.release("seat", "t"),
      () => locks.extend("seat", "t", 1_000),
      () => locks.inspect("seat"),
      () => locks.forceRelease("seat"),
    ];
    for (const call of calls) {
      const { votes } = await refused(call, "ERR_LOCK_UNAVAILABLE");
      expect(votes).toMatchObject([{ outcome: "unknown", reason: expect.any(String) }]);
    }
    expect(locks.stats().nodes).toMatchObject([{ voting: false }]);
  }

  test("a URL to a port where nobody listens", async () => {
    await everythingIsRefused(lockManager({ nodes: [`redis://127.0.0.1:${await freePort()}`] }));
  });

  test("a client that its owner has ended", async () => {
    const client = redisClient(await redisServer());
    await client.quit();
    await everythingIsRefused(lockManager({ nodes: [client] }));
  });

  test("a URL with a password that is wrong", async () => {
    const { url } = await redisServer({ args: ["--requirepass", "right"] });
    await everythingIsRefused(lockManager({ nodes: [url.replace("//", "//:wrong@")] }));
  });
});

describe("one server that would vote twice is refused:", () => {
  test("the same node, client or URL in two places, before anything is opened", async () => {
    const node = memoryNode();
    const client = redisClient(await redisServer());
    for (const source of [node, client, "redis://127.0.0.1:6379"]) {
      const { message } = thrown(make([memoryNode(), source, source]), "ERR_LOCK_INVALID_ARGUMENT");
      expect(message).toContain("nodes[2] is nodes[1] again");
    }
  });

  test.each([
    ["two clients", (url: string) => [connect(url), connect(url)]],
    ["two names of one address", (url: string) => [url, url.replace("127.0.0.1", "localhost")]],
    ["two databases", (url: string) => [`${url}/0`, `${url}/1`]],
    ["a client and a URL", (url: string) => [connect(url), url]],
  ])("%s", async (_description, twice) => {
    const [server, other] = await redisServers(2);
    if (server === undefined || other === undefined) throw new Error("there are two");
    const locks = lockManager({ nodes: [other.url, ...twice(server.url)], waitMs: 0 });
    const twins = /nodes\[1\] .* and nodes\[2\] .* are the same server/;
    // A vote that begins before all have said who they are may be won, by the two that are two.
    const early = await locks.tryAcquire("early").catch((error: unknown) => {
      expect(String(error)).toMatch(twins);
      return null;
    });
    await expect
      .poll(() => locks.stats().nodes.filter(({ reason }) => twins.test(reason ?? "")).length)
      .toBe(1);
    const calls = [
      () => locks.acquire("seat"),
      () => locks.tryAcquire("seat"),
      () => locks.withLock("seat", () => expect.unreachable("the work ran")),
      () => locks.release("seat", "t"),
      () => locks.extend("seat", "t", 1_000),
      () => locks.inspect("seat"),
      () => locks.forceRelease("seat"),
    ];
    for (const call of calls) {
      expect((await refused(call, "ERR_LOCK_INVALID_ARGUMENT")).message).toMatch(twins);
    }
    await early?.release();
    await locks.close();
    for (const { url } of [server, other]) {
      for (const db of [0, 1]) {
        const keys = await connect(`${url}/${db}`).keys("*");
        expect(
          keys.filter((key) => !key.startsWith("lock:redlock-kit:") && key !== "{lock:early}:fence"),
        ).toEqual([]);
      }
    }
  });
});

function connect(url: string): Redis {
  return redisClient({ url });
}

test("whoever makes a manager of bad nodes leaves no connection open", async () => {
  const server = await redisServer();
  const client = redisClient(server);
  thrown(make([server.url, "redis://127.0.0.1:port"]), "ERR_LOCK_INVALID_ARGUMENT");
  thrown(make([client, {}]), "ERR_LOCK_INVALID_ARGUMENT");
  expect(client.listenerCount("close")).toBe(redisClient(server).listenerCount("close"));
  await expect
    .poll(
      async () =>
        String(await client.client("LIST"))
          .trim()
          .split("\n").length,
    )
    .toBe(2);
});

test("more managers than a client may have listeners share it without a warning", async () => {
  const client = redisClient(await redisServer());
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const managers = Array.from({ length: 25 }, () => lockManager({ nodes: [client] }));
  expect(await Promise.all(managers.map((locks) => locks.withLock("seat", () => 1)))).toHaveLength(25);
  expect(warnings).toEqual([]);
});

test("a manager lets go of a client that is not its own", async () => {
  const client = redisClient(await redisServer());
  await client.ping();
  const events = () => ["ready", "close", "end", "error"].map((event) => client.listenerCount(event));
  const before = events();
  for (let i = 0; i < 20; i++) {
    const locks = createLockManager({ nodes: [client] });
    await locks.withLock("seat", () => {});
    await locks.close();
  }
  expect(events()).toEqual(before);
  expect(client.status).toBe("ready");
});
