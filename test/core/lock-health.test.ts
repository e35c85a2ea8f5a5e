import { memoryNode } from "@redlock-kit/core";
import { checkLockHealth } from "@redlock-kit/core/adapter";
import { manualClock } from "@redlock-kit/core/testing";
import { expect, test } from "vitest";
import { cluster, manager } from "./cluster.js";

test("locks are up with every node, degraded while a quorum votes, and down below it", async () => {
  const { locks, nodes } = await cluster(3);
  expect(await checkLockHealth(locks)).toMatchObject({ state: "up", voting: 3, quorum: 2, overrun: 0 });
  nodes[0]?.faults.disconnect();
  expect(await checkLockHealth(locks)).toMatchObject({ state: "degraded", voting: 2 });
  nodes[1]?.faults.disconnect();
  expect(await checkLockHealth(locks)).toMatchObject({ state: "down", voting: 1 });
});

test("a manager that is closed is down", async () => {
  const { locks } = await cluster(1);
  await locks.close();
  expect((await checkLockHealth(locks)).state).toBe("down");
});

test("one server given twice is down, as every acquire is refused, though two of three would be a quorum", async () => {
  const clock = manualClock();
  const nodes = ["x", "y", "x"].map((name) => memoryNode({ clock, name }));
  const locks = manager({ nodes, clock }, clock);
  await expect(locks.acquire("k")).rejects.toThrow(/same server/);
  expect((await checkLockHealth(locks)).state).toBe("down");
});
