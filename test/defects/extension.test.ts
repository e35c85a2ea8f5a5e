import { once } from "node:events";
import { createLockManager, memoryNode } from "@redlock-kit/core";
import { faultyNode, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, test } from "vitest";
import { forkWorker } from "../support/fork-worker.js";
import { nextMessage } from "../support/next-message.js";
import { scriptsRun } from "../support/scripts-run.js";
import { lockManager, redisClient, redisServer } from "../support/this-test.js";

function refusingForAWhile() {
  const clock = manualClock();
  const node = faultyNode(memoryNode({ clock }), clock);
  return { clock, node, locks: createLockManager({ nodes: [node], clock, ttlMs: 9_000 }) };
}

describe("D8: failed extensions end a lease, and never the process", () => {
  test.each([
    ["killed", "kill"],
    ["hung", "pause"],
  ] as const)("on a server that was %s", async (_fault, strike) => {
    const server = await redisServer();
    await expectToldAndAlive(server.url, async () => server[strike]());
  });

  test("on a server that refuses them", async () => {
    const server = await redisServer();
    const client = redisClient(server);
    await client.call("ACL", "SETUSER", "worker", "on", ">pass", "~*", "&*", "+@all");
    await expectToldAndAlive(server.url.replace("//", "//worker:pass@"), () =>
      client.call("ACL", "SETUSER", "worker", "-eval", "-evalsha"),
    );
  });

  /** A process holds a lock when the server is struck: it is told of the loss, and ends in order. */
  async function expectToldAndAlive(url: string, strike: () => Promise<unknown>) {
    const worker = forkWorker(new URL("./holder.worker.ts", import.meta.url), [url]);
    const ended = once(worker, "exit");
    expect(await nextMessage(worker)).toBe("held");
    await strike();
    expect(await nextMessage(worker)).toBe("ERR_LOCK_LOST");
    expect(await ended).toEqual([0, null]);
  }
});

describe("D12: a short ttl does not make extension busy", () => {
  test.each([100, 10])("at %i ms a lease costs a few commands in each of them", async (ttlMs) => {
    const server = await redisServer();
    const client = redisClient(server);
    const locks = lockManager({ nodes: [server.url] });
    const before = await scriptsRun(client);
    const since = performance.now();
    const holding = locks.withLock("seat", () => new Promise((resolve) => setTimeout(resolve, 500)), {
      ttlMs,
      onLost: "ignore", // 10 ms are soon gone on a busy machine
    });
    await holding;
    const ttls = (performance.now() - since) / ttlMs;
    expect((await scriptsRun(client)) - before).toBeLessThan(5 * ttls + 5);
  });

  test("nor does a node that refuses every extension at once", async () => {
    const { clock, node, locks } = refusingForAWhile();
    await locks.acquire("seat", { ttlMs: 1_000 });
    const before = node.faults.carriedOut.length;
    let asked = 0;
    const extend = node.extend.bind(node);
    node.extend = (request) => {
      asked++;
      return extend(request);
    };
    node.faults.fail(new Error("NOPERM"), "extend");
    await clock.advance(5_000);
    expect(node.faults.carriedOut.slice(before)).not.toContain("extend");
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(15);
  });
});

describe("D15: one hiccup does not end a lease that has most of its time left", () => {
  test("it stays valid without a word, and is extended as soon as it can be", async () => {
    const { clock, node, locks } = refusingForAWhile();
    const lease = await locks.acquire("seat");
    node.faults.fail(new Error("LOADING Redis is loading the dataset in memory"), "extend");
    await clock.advance(4_000);
    expect(locks.stats().extended).toBe(0);
    expect(lease.valid).toBe(true);
    expect(lease.signal.aborted).toBe(false);
    node.faults.resume();
    await clock.advance(1_000);
    expect(lease.remainingMs()).toBeGreaterThan(5_000);
  });

  test("after the call there is nothing left that keeps the process", async () => {
    const worker = forkWorker(new URL("./call-and-go.worker.ts", import.meta.url));
    expect(await once(worker, "exit")).toEqual([0, null]);
  });
});

test("D25: extension goes on after errors, for as long as the lease is held", async () => {
  const { clock, node, locks } = refusingForAWhile();
  const lease = await locks.acquire("seat");
  for (let round = 0; round < 20; round++) {
    node.faults.fail(new Error("a passing error"), "extend");
    await clock.advance(4_000);
    node.faults.resume();
    await clock.advance(1_000);
    expect(lease.valid).toBe(true);
  }
});

test("D20: work that takes many times its ttl ends with its own result", async () => {
  const { clock, locks } = refusingForAWhile();
  const result = locks.withLock("seat", async () => {
    await clock.advance(100_000);
    return "booked";
  });
  expect(await result).toBe("booked");
});
