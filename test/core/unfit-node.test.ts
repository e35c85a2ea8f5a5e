import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type LockNode, type NodeIdentity, memoryNode } from "@redlock-kit/core";
import { faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lockError, manager } from "./cluster.js";

/** A node that says of itself what `more` says at the moment. */
function saying(name: string, clock: ManualClock, more: Partial<NodeIdentity>): LockNode {
  const node = faultyNode(memoryNode({ name, clock }), clock);
  return { ...node, state: "ready", identify: async () => ({ ...(await node.identify()), ...more }) };
}

function setUp(...others: Partial<NodeIdentity>[]) {
  const clock = manualClock();
  const events: unknown[] = [];
  const listen = (event: unknown): void => void events.push(event);
  subscribe("redlock-kit:node", listen);
  onTestFinished(() => void unsubscribe("redlock-kit:node", listen));
  const nodes = [{}, {}, {}].map((more, i) => saying(`node-${i + 1}`, clock, others[i] ?? more));
  return { clock, events, locks: manager({ nodes, clock }, clock) };
}

describe("a node that must not vote, such as a replica", () => {
  test("has no vote, and is said to be unfit", async () => {
    const unfit = "is a replica";
    const { clock, events, locks } = setUp({ unfit }, { unfit });
    await clock.advance(0);
    await expect(locks.acquire("k", { waitMs: 0 })).rejects.toThrow(
      lockError("ERR_LOCK_UNAVAILABLE", {
        votes: expect.arrayContaining([{ node: "node-1", outcome: "unknown", reason: unfit }]),
      }),
    );
    expect(locks.stats().nodes[0]).toMatchObject({ voting: false, reason: unfit });
    expect(events).toContainEqual({ node: "node-1", change: "unfit", reason: unfit });
  });

  test("does not matter while the others are a quorum", async () => {
    const { clock, locks } = setUp({ unfit: "is a replica" });
    await clock.advance(0);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });

  test("is asked again later, and votes once it is fit", async () => {
    const first: { unfit: string | null } = { unfit: "is loading its data" };
    const second: { unfit: string | null } = { unfit: "is loading its data" };
    const { clock, locks } = setUp(first, second);
    await clock.advance(0);
    await expect(locks.acquire("k", { waitMs: 0 })).rejects.toThrow(lockError("ERR_LOCK_UNAVAILABLE"));
    first.unfit = second.unfit = null;
    await clock.advance(1_100);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
  });
});

describe("a hazard of a node's configuration", () => {
  test("is told to operators once, and does not take the vote away", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => {
      warn.mockRestore();
    });
    const hazard = "maxmemory-policy allkeys-lru can evict locks";
    const { clock, events, locks } = setUp({ warnings: [hazard] });
    await clock.advance(0);
    expect((await locks.acquire("k", { waitMs: 0 })).valid).toBe(true);
    expect(locks.stats().nodes[0]).toMatchObject({ voting: true, warnings: [hazard] });
    expect(events).toContainEqual({ node: "node-1", change: "warning", reason: hazard });
    expect(warn.mock.calls).toEqual([[`node-1: ${hazard}`, { type: "RedlockKitWarning" }]]);
  });
});
