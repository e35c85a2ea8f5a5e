/*
 * What the options of the Go library redsync do (https://github.com/go-redsync/redsync), told again in our words and
 * API. The locks themselves are in redsync.test.ts.
 */
import { fixedDelay, limitAttempts } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { severalNodes } from "./several-nodes.js";

const KEY = "mutex";

/** How many attempts a connection has seen. */
function grants(node: { readonly faults: { readonly carriedOut: readonly string[] } } | undefined): number {
  return node?.faults.carriedOut.filter((request) => request === "grant").length ?? 0;
}

describe("the end of the validity", () => {
  test("is the lifetime less a share for drift, counted from before the first request", async () => {
    const { locks, nodes, clock } = severalNodes(3, { ttlMs: 8_000 });
    const lease = await locks.acquire(KEY);
    expect(lease.remainingMs()).toBe(8_000 - 80 - 2);
    for (const { faults } of nodes) faults.delay("replies", 300, "grant");
    const slow = locks.acquire("slow");
    await clock.advance(300);
    expect((await slow).remainingMs()).toBe(8_000 - 80 - 2 - 300);
  });

  test("takes its share from driftFactor", async () => {
    const { locks } = severalNodes(3, { ttlMs: 8_000, driftFactor: 0.1 });
    expect((await locks.acquire(KEY)).remainingMs()).toBe(8_000 - 800 - 2);
  });

  test("must lie ahead when the last answer has come, or the lock is not got and given back", async () => {
    const { locks, nodes, clock, holders } = severalNodes(3, { ttlMs: 1_000, driftFactor: 0.5 });
    // Each node answers in time; the process stands still meanwhile.
    for (const { faults } of nodes) faults.hold("replies", "grant");
    const attempt = locks.acquire(KEY, { waitMs: 0 });
    await clock.advance(0);
    clock.freeze(600);
    for (const { faults } of nodes) faults.resume();
    await expect(attempt).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
    expect(await holders(KEY)).toBe(0);
  });
});

describe("tries", () => {
  test("are as many as limitAttempts says", async () => {
    const { locks, another, connect, clock } = severalNodes(1, { ttlMs: 600_000 });
    await locks.acquire(KEY);
    const [node] = connect();
    const retry = limitAttempts(fixedDelay(500, 0), 3);
    const refused = another(node && [node]).acquire(KEY, { retry, waitMs: Infinity });
    const told = expect(refused).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
    expect(grants(node)).toBeLessThanOrEqual(1);
    await clock.advance(2_000);
    await told;
    expect(grants(node)).toBe(3);
  });

  test("are one where nobody wants to wait", async () => {
    const { locks, another, connect } = severalNodes(1);
    await locks.acquire(KEY);
    const [node] = connect();
    await expect(another(node && [node]).acquire(KEY, { waitMs: 0 })).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
    });
    expect(grants(node)).toBe(1);
  });

  test("come after the delay, fixed or as a function of how many have failed", async () => {
    const { locks, another, clock } = severalNodes(1, { ttlMs: 600_000 });
    await locks.acquire(KEY);
    const asked: number[] = [];
    const retry = (attempt: number): number | null => {
      asked.push(attempt);
      return attempt < 4 ? attempt * 100 : null;
    };
    const refused = expect(another().acquire(KEY, { retry, waitMs: Infinity })).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
    });
    await clock.advance(0);
    expect(asked).toEqual([1]);
    await clock.advance(100);
    expect(asked).toEqual([1, 2]);
    await clock.advance(200);
    expect(asked).toEqual([1, 2, 3]);
    await clock.advance(300);
    expect(asked).toEqual([1, 2, 3, 4]);
    await refused;
  });

  test("end with the caller's context", async () => {
    const { locks, another, clock } = severalNodes(3);
    await locks.acquire(KEY);
    const context = new AbortController();
    const waiting = another().acquire(KEY, { signal: context.signal, waitMs: Infinity });
    await clock.advance(100);
    context.abort(new Error("deadline exceeded"));
    await expect(waiting).rejects.toMatchObject({
      code: "ERR_LOCK_ABORTED",
      cause: context.signal.reason as Error,
    });
  });
});

describe("the time-out of one node", () => {
  test.each([
    ["nodeTimeoutMs", { ttlMs: 10_000, nodeTimeoutMs: 400 }, 400],
    ["a fifth of the lifetime at most", { ttlMs: 1_000, nodeTimeoutMs: 400 }, 200],
  ])("is %s", async (_rule, options, timeoutMs) => {
    const { locks, nodes, clock } = severalNodes(3, options);
    await locks.withLock("first, so that all are known", () => {});
    for (const { faults } of nodes.slice(1)) faults.lose("replies");
    let settled = false;
    const refused = expect(
      locks.acquire(KEY, { waitMs: 0 }).finally(() => (settled = true)),
    ).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
    await clock.advance(timeoutMs - 1);
    expect(settled).toBe(false);
    await clock.advance(timeoutMs + 1); // giving back what the first node granted has a time-out, too
    await refused;
  });
});

test("the token is made by generateToken, anew for each vote", async () => {
  let made = 0;
  const { locks, holders } = severalNodes(3, { generateToken: (key) => `${key}#${++made}` });
  const lease = await locks.acquire(KEY);
  expect(lease.token).toBe(`mutex#${made}`);
  expect(await holders(KEY, lease.token)).toBe(3);
});

describe("failing (and succeeding) fast is no option but the rule:", () => {
  // The clock stands still: whoever waited for the silent node would never come back.
  test("a quorum of grants is enough, whatever the other nodes do", async () => {
    const { locks, nodes } = severalNodes(3);
    await locks.withLock("first, so that all are known", () => {});
    nodes[2]?.faults.lose("replies");
    const lease = await locks.acquire(KEY);
    expect(await lease.extend()).toBe(lease);
    expect(await lease.release()).toBe(true);
  });

  test("a quorum of refusals is enough", async () => {
    const { locks, another, connect } = severalNodes(3);
    await locks.acquire(KEY);
    const connections = connect();
    const theirs = another(connections);
    await theirs.withLock("first, so that all are known", () => {});
    connections[0]?.faults.lose("replies");
    expect(await theirs.tryAcquire(KEY)).toBeNull();
  });
});
