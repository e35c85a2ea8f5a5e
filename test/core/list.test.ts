import { createLockManager, memoryNode } from "@redlock-kit/core";
import { faultyNode, manualClock } from "@redlock-kit/core/testing";
import { expect, onTestFinished, test } from "vitest";

function start(nodes = 3) {
  const clock = manualClock();
  const faulty = Array.from({ length: nodes }, () => faultyNode(memoryNode({ clock }), clock));
  const locks = createLockManager({ nodes: faulty, clock, autoExtend: false });
  onTestFinished(async () => {
    const closed = locks.close({ graceMs: 0 });
    await clock.advance(5_000);
    await closed;
  });
  const keys = async () => (await locks.list()).map(({ key }) => key);
  return { clock, locks, keys, nodes: faulty };
}

test("what has expired is not listed; what is kept after its release is, as nobody can have it", async () => {
  const { clock, locks, keys } = start();
  await locks.acquire("short", { ttlMs: 100 });
  await locks.acquire("long", { ttlMs: 10_000 });
  await locks.withLock("kept", () => {}, { minHoldMs: 5_000 });
  expect(await keys()).toEqual(["kept", "long", "short"]);
  await clock.advance(150);
  expect(await keys()).toEqual(["kept", "long"]);
  await clock.advance(5_000);
  expect(await keys()).toEqual(["long"]);
});

test("what only a minority of nodes has is nobody's", async () => {
  const { locks, keys, nodes } = start();
  const lock = { key: "seat", lock: "lock:seat", fence: "{lock:seat}:fence", queue: "{lock:seat}:queue" };
  await locks.acquire("other");
  const times = { ttlMs: 5_000, lockDelayMs: 0, fenceTtlMs: 5_000, maxSkewMs: 1_000 };
  await nodes[0]?.grant({ keys: [lock], token: "somebody", proposal: 1, ...times });
  expect(await keys()).toEqual(["other"]);
});

test("a minority of nodes may be out of reach; without a quorum it says which and why", async () => {
  const { locks, keys, nodes } = start();
  await locks.acquire("seat");
  nodes[0]?.faults.disconnect();
  expect(await keys()).toEqual(["seat"]);
  nodes[1]?.faults.disconnect();
  await expect(locks.list({ pattern: "seat*" })).rejects.toMatchObject({
    code: "ERR_LOCK_UNAVAILABLE",
    message: expect.stringMatching(
      /^The locks like "seat\*" could not be listed: .*disconnected.*Check the nodes/,
    ),
  });
});

test("a node that gives no answer is waited for until its deadline", async () => {
  const { clock, locks, nodes } = start();
  await locks.acquire("seat");
  nodes[0]?.faults.lose("requests", "list", "inspect");
  const listed = locks.list();
  await clock.advance(2_000);
  expect((await listed).map(({ key }) => key)).toEqual(["seat"]);
});

test.each([
  [{ limit: 0 }, /limit/],
  [{ limit: 1.5 }, /limit/],
  [{ limit: 10_001 }, /10000/],
  [{ pattern: "" }, /pattern/],
  [{ pattern: 7 }, /pattern/],
  [{ patern: "*" }, /"patern".*not known/],
  [null, /options/],
])("%o is refused", async (options, message) => {
  const { locks } = start(1);
  await expect(locks.list(options as never)).rejects.toMatchObject({
    code: "ERR_LOCK_INVALID_ARGUMENT",
    message: expect.stringMatching(message),
  });
});

test("a closed manager lists nothing", async () => {
  const { locks } = start(1);
  await locks.close();
  await expect(locks.list()).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
});
