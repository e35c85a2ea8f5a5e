import { channel, subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { cluster, lockError, stateOf } from "./cluster.js";

/** Everything that is published on a plain channel from now on. */
function published(name: string): unknown[] {
  const events: unknown[] = [];
  const listen = (event: unknown): void => void events.push(event);
  subscribe(`redlock-kit:${name}`, listen);
  onTestFinished(() => void unsubscribe(`redlock-kit:${name}`, listen));
  return events;
}

/** Everything that is traced on a channel from now on: the phase, and the payload as it is then. */
function traced(name: string): [phase: string, payload: Record<string, unknown>][] {
  const events: [string, Record<string, unknown>][] = [];
  const phases = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
  const record = (phase: string) => (payload: unknown) =>
    void events.push([phase, { ...(payload as object) }]);
  const listeners = Object.fromEntries(phases.map((phase) => [phase, record(phase)])) as never;
  const tracing = tracingChannel(`redlock-kit:${name}`);
  tracing.subscribe(listeners);
  onTestFinished(() => {
    tracing.unsubscribe(listeners);
  });
  return events;
}

const phasesOf = (events: [string, unknown][]) => events.map(([phase]) => phase);

describe("the channel redlock-kit:acquire", () => {
  test("traces an acquire, with what was asked for and the lease", async () => {
    const { locks } = await cluster(1);
    const events = traced("acquire");
    const lease = await locks.acquire(["b", "a"], { owner: "report", ttlMs: 5_000, waitMs: 700 });
    expect(phasesOf(events)).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
    const payload = { keys: ["a", "b"], owner: "report", ttlMs: 5_000, waitMs: 700 };
    expect(events[0]?.[1]).toEqual(payload);
    expect(events.at(-1)?.[1]).toEqual({ ...payload, result: lease });
  });

  test("traces the whole wait, and its error", async () => {
    const { clock, locks, another } = await cluster(1);
    await another().acquire("k");
    const events = traced("acquire");
    const acquiring = locks.acquire("k", { waitMs: 1_000 });
    await clock.advance(500);
    expect(phasesOf(events)).toEqual(["start", "end"]);
    await clock.advance(600);
    expect(await stateOf(acquiring)).toBe("ERR_LOCK_HELD");
    expect(phasesOf(events)).toEqual(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(events[2]?.[1]).toMatchObject({ keys: ["k"], waitMs: 1_000, error: lockError("ERR_LOCK_HELD") });
  });

  test("traces tryAcquire and withLock as well", async () => {
    const { locks } = await cluster(1);
    const events = traced("acquire");
    await (await locks.tryAcquire("a"))?.release();
    await locks.withLock("b", () => 1);
    const starts = events.filter(([phase]) => phase === "start").map(([, payload]) => payload);
    expect(starts).toMatchObject([
      { keys: ["a"], waitMs: 0, owner: undefined },
      { keys: ["b"], waitMs: 5_000, owner: undefined },
    ]);
  });
});

describe("the channel redlock-kit:extend", () => {
  test("traces every round, and whether the kit made it by itself", async () => {
    const { clock, locks } = await cluster(1);
    const events = traced("extend");
    const lease = await locks.acquire("k", { owner: "report", ttlMs: 9_000 });
    await clock.advance(4_000);
    await lease.extend(20_000);
    const starts = events.filter(([phase]) => phase === "start").map(([, payload]) => payload);
    const common = { keys: ["k"], owner: "report", fencingToken: lease.fencingToken };
    expect(starts).toEqual([
      { ...common, ttlMs: 9_000, automatic: true },
      { ...common, ttlMs: 20_000, automatic: false },
    ]);
    expect(phasesOf(events).filter((phase) => phase === "asyncEnd").length).toBe(2);
  });
});

describe("the channel redlock-kit:release", () => {
  test("traces the release of a lease, with how long it was held", async () => {
    const { clock, locks } = await cluster(1);
    const events = traced("release");
    const lease = await locks.acquire("k", { owner: "report" });
    await clock.advance(1_234);
    await lease.release();
    await lease.release();
    expect(phasesOf(events)).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
    const payload = { keys: ["k"], owner: "report", fencingToken: lease.fencingToken, heldMs: 1_234 };
    expect(events[0]?.[1]).toEqual(payload);
    expect(events.at(-1)?.[1]).toEqual({ ...payload, result: true });
  });
});

describe("the channel redlock-kit:lost", () => {
  test("says once which lease was lost, and why", async () => {
    const { clock, nodes, locks } = await cluster(3);
    const events = published("lost");
    const lease = await locks.acquire("k", { owner: "report", ttlMs: 3_000 });
    for (const node of nodes) node.faults.fail(new Error("LOADING"));
    await clock.advance(10_000);
    await lease.release();
    expect(events).toEqual([
      {
        keys: ["k"],
        owner: "report",
        fencingToken: lease.fencingToken,
        remainingMs: 0,
        error: lockError("ERR_LOCK_LOST", { keys: ["k"] }),
        votes: nodes.map(({ name }) => ({ node: name, outcome: "unknown", reason: "LOADING" })),
      },
    ]);
  });

  test("says nothing of a lease that was released", async () => {
    const { clock, locks } = await cluster(1);
    const events = published("lost");
    await (await locks.acquire("k")).release();
    await clock.advance(60_000);
    expect(events).toEqual([]);
  });
});

describe("the channel redlock-kit:contended", () => {
  test("says of each attempt of a wait that somebody else holds the lock, and for how long", async () => {
    const { clock, locks, another } = await cluster(1);
    await another().acquire("k", { ttlMs: 60_000, autoExtend: false });
    const events = published("contended");
    locks.acquire("k", { owner: "report", retry: () => 1_000 }).catch(() => {});
    await clock.advance(2_500);
    expect(events).toEqual([
      { keys: ["k"], owner: "report", attempt: 1, freeInMs: 60_000 },
      { keys: ["k"], owner: "report", attempt: 2, freeInMs: 59_000 },
      { keys: ["k"], owner: "report", attempt: 3, freeInMs: 58_000 },
    ]);
  });

  test.each(["acquire with waitMs 0", "tryAcquire"])("says it of %s as well", async (how) => {
    const { locks, another } = await cluster(1);
    await another().acquire("k", { ttlMs: 60_000 });
    const events = published("contended");
    if (how === "tryAcquire") await locks.tryAcquire("k");
    else await locks.acquire("k", { waitMs: 0 }).catch(() => {});
    expect(events).toEqual([{ keys: ["k"], owner: undefined, attempt: 1, freeInMs: 60_000 }]);
  });
});

describe("the channel redlock-kit:force-release", () => {
  test("says that an operator broke a lock, or tried to", async () => {
    const { locks, another } = await cluster(1);
    const events = published("force-release");
    await another().acquire("k");
    await locks.forceRelease("k");
    await locks.forceRelease("k");
    expect(events).toEqual([
      { keys: ["k"], wasHeld: true },
      { keys: ["k"], wasHeld: false },
    ]);
  });
});

describe("the channel redlock-kit:node", () => {
  test("says when a node falls silent and answers again", async () => {
    const { clock, nodes, locks } = await cluster(1);
    const events = published("node");
    nodes[0]?.faults.hold("requests");
    locks.acquire("k", { waitMs: 0 }).catch(() => {});
    await clock.advance(1_500);
    nodes[0]?.faults.resume();
    await clock.advance(0);
    expect(events).toEqual([
      { node: "node-1", change: "silent", reason: expect.any(String) },
      { node: "node-1", change: "answering", reason: undefined },
    ]);
  });

  test("says when a node is gone and there again", async () => {
    const { clock, nodes } = await cluster(3);
    const events = published("node");
    nodes[1]?.faults.disconnect();
    nodes[1]?.faults.reconnect();
    await clock.advance(0);
    expect(events).toEqual([
      { node: "node-2", change: "disconnected", reason: undefined },
      { node: "node-2", change: "ready", reason: undefined },
    ]);
  });
});

describe("without subscribers", () => {
  test("nothing is built or published", async () => {
    const { clock, nodes, locks, another } = await cluster(1);
    const names = ["lost", "at-risk", "contended", "force-release", "node"];
    const spies = names.map((name) => vi.spyOn(channel(`redlock-kit:${name}`), "publish"));
    onTestFinished(() => void vi.restoreAllMocks());
    await another().acquire("k");
    locks.acquire("k").catch(() => {});
    nodes[0]?.faults.disconnect();
    await clock.advance(20_000);
    await another().forceRelease("k");
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});
