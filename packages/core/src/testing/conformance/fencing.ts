import assert from "node:assert/strict";
import type { Lease } from "../../lease.js";
import { granted } from "./expectations.js";
import { casesOf } from "./scenario.js";

function assertRising(leases: readonly Pick<Lease, "fencingToken">[]): void {
  const tokens = leases.map(({ fencingToken }) => fencingToken);
  for (const [i, token] of tokens.entries()) {
    assert.ok(Number.isSafeInteger(token) && token > 0, `${token} is no safe integer above 0`);
    const before = tokens[i - 1];
    if (before !== undefined) assert.ok(token > before, `${token} came after ${before}`);
  }
}

export const fencingCases = casesOf("fencing tokens", {
  async "rise from lease to lease of one manager"(scenario) {
    const locks = scenario.manager();
    const leases: Lease[] = [];
    for (let i = 0; i < 20; i++) {
      const lease = await locks.acquire(scenario.key());
      leases.push(lease);
      await lease.release();
    }
    assertRising(leases);
  },

  async "rise from manager to manager"(scenario) {
    const managers = [scenario.manager(), scenario.manager(), scenario.manager()];
    const leases: Lease[] = [];
    for (let i = 0; i < 12; i++) {
      const lease = await granted(managers[(i * 7) % 3]?.acquire(scenario.key()) ?? Promise.resolve(null));
      leases.push(lease);
      await lease.release();
    }
    assertRising(leases);
  },

  async "rise over a lease that expired, one that was broken and one that was released elsewhere"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const expiring = await ours.acquire(key, { ttlMs: 400, autoExtend: false });
    const broken = await theirs.acquire(key, { waitMs: 10_000, autoExtend: false });
    await ours.forceRelease(key);
    const releasedElsewhere = await ours.acquire(key);
    await theirs.release(key, releasedElsewhere.token);
    const last = await theirs.acquire(key);
    assertRising([expiring, broken, releasedElsewhere, last]);
  },

  async "rise per key when leases of one and of several keys take turns"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const [a, b, c] = scenario.keys("a", "b", "c");
    const perKey = new Map<string, Lease[]>([a, b, c].map((key) => [key, []]));
    const turns = [[a], [a, b], [b], [c, b], [a], [b, a, c], [c], [a, c], [b]];
    for (const [i, keys] of turns.entries()) {
      const lease = await (i % 2 === 0 ? ours : theirs).acquire(keys);
      for (const key of keys) perKey.get(key)?.push(lease);
      await lease.release();
    }
    for (const leases of perKey.values()) assertRising(leases);
  },

  async "stay the same while a lease is extended, taken up again or taken over"(scenario) {
    const [ours, theirs] = [scenario.manager(), scenario.manager()];
    const key = scenario.key();
    const lease = await ours.acquire(key, { token: "mine" });
    const { fencingToken } = lease;
    await lease.extend();
    assert.equal(lease.fencingToken, fencingToken);
    assert.equal((await theirs.acquire(key, { token: "mine" })).fencingToken, fencingToken);
    assert.equal((await theirs.extend(key, "mine", 5_000)).fencingToken, fencingToken);
    assert.equal((await theirs.inspect(key))?.fencingToken, fencingToken);
  },

  async "are as new after a lease under the same ownership token has ended"(scenario) {
    const locks = scenario.manager();
    const key = scenario.key();
    const first = await locks.acquire(key, { token: "mine" });
    await first.release();
    const second = await locks.acquire(key, { token: "mine" });
    assert.notEqual(second, first);
    assertRising([first, second]);
  },
});
