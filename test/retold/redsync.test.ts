/*
 * What the Go library redsync promises by its published tests (https://github.com/go-redsync/redsync), told again in
 * our words and API. Where we promise something else, the sentence says so. Its options are in redsync-options.test.ts.
 */
import { isLockError, type LockManager } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { severalNodes } from "./several-nodes.js";

const KEY = "mutex";

describe.each([1, 3, 5, 8])("with %i nodes", (count) => {
  const quorum = Math.floor(count / 2) + 1;

  test("a lock is on a quorum of the nodes under its token, and on none after its release", async () => {
    const { locks, holders } = severalNodes(count);
    const lease = await locks.acquire(KEY);
    expect(await holders(KEY, lease.token)).toBeGreaterThanOrEqual(quorum);
    expect(await lease.release()).toBe(true);
    expect(await holders(KEY)).toBe(0);
  });

  test("a lock that is held is refused to whoever tries once, and the error names the nodes", async () => {
    const { locks, another } = severalNodes(count);
    await locks.acquire(KEY);
    expect(await another().tryAcquire(KEY)).toBeNull();
    const refused = await another()
      .acquire(KEY, { waitMs: 0 })
      .catch((error: unknown) => error);
    if (!isLockError(refused, "ERR_LOCK_HELD")) throw refused;
    const holding = refused.votes.filter(({ outcome }) => outcome === "held").map(({ node }) => node);
    expect(new Set(holding).size).toBeGreaterThanOrEqual(quorum);
    expect(holding.every((node) => refused.message.includes(node))).toBe(true);
  });

  test("extending gives a lock its whole lifetime again on every node", async () => {
    const { locks, clock } = severalNodes(count, { ttlMs: 8_000, autoExtend: false });
    const remaining = async (): Promise<Set<number>> =>
      new Set((await locks.inspect(KEY))?.nodes.map((node) => node.remainingMs));
    const lease = await locks.acquire(KEY);
    await clock.advance(1_000);
    expect(await remaining()).toEqual(new Set([7_000]));
    await lease.extend();
    expect(await remaining()).toEqual(new Set([8_000]));
  });

  test("an expired lock can't be extended, and its release says false (in place of an error)", async () => {
    const { locks, clock } = severalNodes(count, { ttlMs: 500, autoExtend: false });
    const lease = await locks.acquire(KEY);
    await clock.advance(1_000);
    await expect(lease.extend()).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
    await expect(locks.extend(KEY, lease.token, 500)).rejects.toMatchObject({ code: "ERR_LOCK_NOT_HOLDER" });
    expect(await lease.release()).toBe(false);
  });

  test("contenders for one lock get it one after the other", async () => {
    const { another, clock } = severalNodes(count);
    let inside = 0;
    let done = 0;
    const work = (locks: LockManager): Promise<void> =>
      locks.withLock(
        KEY,
        async () => {
          expect(++inside).toBe(1);
          await Promise.resolve();
          inside--;
          done++;
        },
        { waitMs: Infinity },
      );
    const all = Promise.all(Array.from({ length: 8 }, () => work(another())));
    for (let step = 0; step < 200 && done < 8; step++) await clock.advance(100);
    await all;
    expect(done).toBe(8);
  });
});

test("whichever nodes somebody else holds, the lock is got with a quorum of free ones, and only then", async () => {
  for (let mask = 0; mask < 2 ** 4; mask++) {
    const { clog, locks, clock, holders } = severalNodes(4);
    const clogged = [0, 1, 2, 3].filter((index) => mask & (1 << index));
    await clog(KEY, clogged);
    const attempt = locks.tryAcquire(KEY);
    for (let step = 0; step < 20; step++) await clock.advance(10);
    const lease = await attempt;
    expect(lease !== null, `held by somebody else: ${clogged.join(", ")}`).toBe(4 - clogged.length >= 3);
    if (lease === null) expect(await holders(KEY)).toBe(clogged.length);
  }
});

describe("the token is enough to adopt a lock elsewhere:", () => {
  test("to release it", async () => {
    const { locks, another, holders } = severalNodes(3);
    const { token } = await locks.acquire(KEY, { ttlMs: 3_600_000 });
    expect(await another().release(KEY, token)).toBe(true);
    expect(await holders(KEY)).toBe(0);
  });

  test("to extend it and go on with it", async () => {
    const { locks, another } = severalNodes(3, { autoExtend: false });
    const { token, fencingToken } = await locks.acquire(KEY, { ttlMs: 1_000 });
    const adopted = await another().extend(KEY, token, 60_000);
    expect(adopted).toMatchObject({ token, fencingToken, valid: true });
    expect(adopted.remainingMs()).toBeGreaterThan(50_000);
  });
});

describe("what redsync calls setting the key on extension is repair:", () => {
  const nodes = () => severalNodes(3, { ttlMs: 8_000, autoExtend: false });

  test("a node that restarted empty gets the lock back with the next extension", async () => {
    const { locks, servers, holders, clock } = nodes();
    const lease = await locks.acquire(KEY);
    servers[1]?.restart();
    expect(await holders(KEY, lease.token)).toBe(2);
    await lease.extend();
    await clock.advance(0);
    expect(await holders(KEY, lease.token)).toBe(3);
  });

  test("but it has no vote: with a quorum of nodes empty the lock is lost, and not set again", async () => {
    const { locks, servers, holders, clock } = nodes();
    const lease = await locks.acquire(KEY);
    servers[0]?.restart();
    servers[1]?.restart();
    await expect(lease.extend()).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
    await clock.advance(0);
    expect(await holders(KEY)).toBe(0);
  });

  test("and an expired lock is never brought back, though nobody else has it", async () => {
    const { locks, holders, clock } = nodes();
    const lease = await locks.acquire(KEY);
    await clock.advance(8_000);
    await expect(lease.extend()).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
    expect(await holders(KEY)).toBe(0);
  });

  test("nor one that somebody else has got meanwhile", async () => {
    const { locks, another, holders, clock } = nodes();
    const lease = await locks.acquire(KEY);
    await clock.advance(8_000);
    const next = await another().acquire(KEY);
    await expect(lease.extend()).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
    expect(await holders(KEY, next.token)).toBe(3);
  });
});
