import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createLockManager, type LockNode, type MemoryNode, memoryNode } from "@redlock-kit/core";
import { faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { cluster, lockError, manager } from "./cluster.js";

describe("one server that is given twice", () => {
  test("as the same object is refused at once", () => {
    const node = memoryNode();
    expect(() => createLockManager({ nodes: [memoryNode(), node, node] })).toThrow(
      lockError("ERR_LOCK_INVALID_ARGUMENT", {
        message: expect.stringMatching(/nodes\[2\] is nodes\[1\] again/),
      }),
    );
  });

  test.each(["acquire", "tryAcquire", "inspect", "forceRelease"] as const)(
    "over two connections is refused by %s as soon as it is known, with both places",
    async (method) => {
      const { clock, servers } = await cluster(2);
      const [first, second] = servers as [MemoryNode, MemoryNode];
      const nodes = [first, second, first].map((server) => faultyNode(server, clock));
      const locks = manager({ nodes, clock }, clock);
      await clock.advance(0);
      const asking = locks[method]("k");
      await expect(asking).rejects.toThrow(lockError("ERR_LOCK_INVALID_ARGUMENT"));
      await expect(asking).rejects.toThrow(/nodes\[0\] .* and nodes\[2\] .* are the same server/);
    },
  );

  test("is refused even when it becomes known during the first acquire, which leaves nothing behind", async () => {
    const { clock, servers, holders } = await cluster(2);
    const [first, second] = servers as [MemoryNode, MemoryNode];
    const locks = manager(
      { nodes: [first, second, first].map((node) => faultyNode(node, clock)), clock },
      clock,
    );
    await expect(locks.acquire("k")).rejects.toThrow(lockError("ERR_LOCK_INVALID_ARGUMENT"));
    await clock.advance(0);
    expect(await holders("k")).toBe(0);
  });

  test("is said of both in stats", async () => {
    const { clock, servers } = await cluster(1);
    const nodes = [...servers, ...servers].map((server) => faultyNode(server, clock));
    const locks = manager({ nodes, clock }, clock);
    await clock.advance(0);
    expect(
      locks.stats().nodes.some(({ voting, reason }) => !voting && /same server/.test(reason ?? "")),
    ).toBe(true);
  });

  test("is forgiven once the second connection leads to another server", async () => {
    const clock = manualClock();
    const servers = [1, 2, 3].map((i) => memoryNode({ clock, name: `node-${i}` })) as [
      MemoryNode,
      MemoryNode,
      MemoryNode,
    ];
    let target: LockNode = servers[0];
    const moving = faultyNode(
      {
        ...faultyNode(servers[0], clock),
        name: "moving",
        state: "ready",
        identify: () => target.identify(),
        grant: (request) => target.grant(request),
        release: (request) => target.release(request),
      },
      clock,
    );
    const locks = manager({ nodes: [moving, servers[0], servers[2]], clock }, clock);
    await clock.advance(0);
    await expect(locks.acquire("k")).rejects.toThrow(lockError("ERR_LOCK_INVALID_ARGUMENT"));
    moving.faults.disconnect();
    target = servers[1];
    moving.faults.reconnect();
    await clock.advance(0);
    expect((await locks.acquire("k")).valid).toBe(true);
  });
});

/** A node that can keep the record of node sets. */
function recording(name: string, clock: ManualClock): LockNode {
  const records = new Map<string, string>();
  const node = memoryNode({ name, clock });
  return {
    ...faultyNode(node, clock),
    state: "ready",
    exchange: async (record, mine) => {
      const before = records.get(record) ?? null;
      records.set(record, mine);
      return before;
    },
  };
}

/** The warnings that are said of nodes from now on. */
function warnings(): string[] {
  const said: string[] = [];
  const listen = (event: unknown): void => {
    const { change, reason } = event as { change: string; reason: string };
    if (change === "warning") said.push(reason);
  };
  subscribe("redlock-kit:node", listen);
  onTestFinished(() => void unsubscribe("redlock-kit:node", listen));
  return said;
}

describe("processes that use different nodes for one prefix", () => {
  async function use(sets: readonly string[][], prefixes: readonly string[] = []): Promise<string[]> {
    const clock = manualClock();
    const servers = new Map(["a", "b", "c", "d", "e", "f"].map((name) => [name, recording(name, clock)]));
    const said = warnings();
    for (const [i, set] of sets.entries()) {
      const nodes = set.map((name) => servers.get(name) as LockNode);
      manager({ nodes, clock, keyPrefix: prefixes[i] }, clock);
      await clock.advance(10);
    }
    return said;
  }

  test.each([
    ["the same", ["a", "b", "c"], ["a", "b", "c"]],
    ["the same in another order", ["a", "b", "c"], ["c", "a", "b"]],
    ["one more", ["a", "b", "c"], ["a", "b", "c", "d"]],
    ["one less", ["a", "b", "c"], ["a", "b"]],
    ["one more than five", ["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "e", "f"]],
  ])("are not warned where any two quorums share a node: %s", async (_what, one, other) => {
    expect(await use([one, other])).toEqual([]);
  });

  test.each([
    ["one in common", ["a", "b", "c"], ["a", "d", "e"]],
    ["one of three replaced", ["a", "b", "c"], ["a", "b", "d"]],
    ["two more", ["a", "b", "c"], ["a", "b", "c", "d", "e"]],
    ["one alone", ["a", "b", "c"], ["a", "b", "c", "d", "e", "f"]],
  ])("are warned where two quorums may share none: %s", async (_what, one, other) => {
    const said = await use([one, other]);
    expect(said.length).toBeGreaterThan(0);
    expect(said[0]).toMatch(/another process uses this prefix with other nodes/);
  });

  test("are not warned where their prefixes differ", async () => {
    expect(
      await use(
        [
          ["a", "b", "c"],
          ["a", "d", "e"],
        ],
        ["one:", "two:"],
      ),
    ).toEqual([]);
  });

  test("take a node that restarted for the same node", async () => {
    const clock = manualClock();
    const servers = ["a", "b", "c"].map((name) => memoryNode({ name, clock }));
    const records = new Map<string, string>();
    const over = () =>
      servers.map((server) => ({
        ...faultyNode(server, clock),
        state: "ready" as const,
        exchange: async (_record: string, mine: string) => {
          const before = records.get(server.name) ?? null;
          records.set(server.name, mine);
          return before;
        },
      }));
    const said = warnings();
    manager({ nodes: over(), clock }, clock);
    await clock.advance(1_000);
    for (const server of servers) server.restart();
    await clock.advance(1_000);
    manager({ nodes: over(), clock }, clock);
    await clock.advance(1_000);
    expect(said).toEqual([]);
  });
});
