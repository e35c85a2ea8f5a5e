import { createLockManager, memoryNode } from "@redlock-kit/core";
import { expect, onTestFinished, test } from "vitest";
import { cluster, lockError, namesOf } from "./cluster.js";

test("a lock over 31 nodes leaves nothing on any of them, the last included", async () => {
  const { clock, servers, nodes, locks } = await cluster(31);
  const [last, ...others] = [...nodes].reverse();
  last?.faults.hold("requests", "grant");
  const lease = await locks.acquire("k", { ttlMs: 9_000 });
  await clock.advance(5_000);
  for (const node of others) expect(node.faults.carriedOut).toContain("extend");
  expect(await lease.release()).toBe(true);
  last?.faults.resume();
  await clock.advance(10);
  const states = await Promise.all(servers.map((server) => server.inspect(namesOf("k"))));
  expect(states.filter(({ token }) => token !== null)).toEqual([]);
});

test("more than 31 nodes are refused", () => {
  const nodes = Array.from({ length: 32 }, () => memoryNode());
  onTestFinished(() => void Promise.all(nodes.map((node) => node.close())));
  expect(() => createLockManager({ nodes })).toThrow(lockError("ERR_LOCK_INVALID_ARGUMENT"));
  expect(() => createLockManager({ nodes })).toThrow(/nodes must be at most 31, not 32/);
});
