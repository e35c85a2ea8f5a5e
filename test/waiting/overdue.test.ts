import { expect, test } from "vitest";
import { cluster, lockError, stateOf } from "../core/cluster.js";

test("whose time is up before anything is known of the lock gets it if its own attempt wins, or leaves with an error, but not both", async () => {
  const { clock, nodes, locks, holders, another } = await cluster(1);
  nodes[0]?.faults.hold("requests");
  const leaving = new AbortController();
  const first = locks.acquire("k", { signal: leaving.signal });
  const second = locks.acquire("k", { waitMs: 20 });
  await clock.advance(50);
  expect(await stateOf(second)).toBe("pending");
  leaving.abort();
  nodes[0]?.faults.resume();
  await clock.advance(0);
  await expect(first).rejects.toThrow(lockError("ERR_LOCK_ABORTED"));
  expect((await second).valid).toBe(true);
  expect([await holders("k"), locks.stats().held, locks.stats().waiting]).toEqual([1, 1, 0]);
  await (await second).release();
  expect(await holders("k")).toBe(0);
  expect(await another().tryAcquire("k")).not.toBeNull();
});
