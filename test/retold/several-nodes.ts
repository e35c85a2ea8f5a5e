import {
  createLockManager,
  type LockKey,
  type LockManager,
  type LockManagerOptions,
  memoryNode,
} from "@redlock-kit/core";
import { type FaultyNode, faultyNode, manualClock } from "@redlock-kit/core/testing";
import { onTestFinished } from "vitest";

type Options = Omit<LockManagerOptions, "nodes" | "clock">;

/** Nodes in memory by a manual clock, and managers that reach them over connections of their own. */
export function severalNodes(count: number, options: Options = {}) {
  const clock = manualClock();
  const servers = Array.from({ length: count }, () => memoryNode({ clock }));
  const connect = (): FaultyNode[] => servers.map((server) => faultyNode(server, clock));
  const another = (connections = connect(), more: Options = {}): LockManager => {
    const manager = createLockManager({ ...options, ...more, nodes: connections, clock });
    onTestFinished(async () => {
      const closed = manager.close({ graceMs: 0 });
      await clock.advance(10_000); // for nodes that are silent
      await closed;
    });
    return manager;
  };
  const nodes = connect();
  return {
    clock,
    servers,
    connect,
    another,
    /** The connections of `locks`. */
    nodes,
    locks: another(nodes),
    /** On how many nodes the key is held, by this token or by anybody. */
    holders: async (key: string, token?: string): Promise<number> => {
      const states = await Promise.all(servers.map((server) => server.inspect(namesOf(key))));
      return states.filter((state) => state.token !== null && (token ?? state.token) === state.token).length;
    },
    /** Has somebody who uses another library hold the key on some of the nodes. */
    clog: async (key: string, indexes: readonly number[]): Promise<void> => {
      const keys = [namesOf(key)];
      const forLong = { ttlMs: 600_000, fenceTtlMs: 600_000, lockDelayMs: 0, maxSkewMs: 0 };
      const taken = servers.filter((_, index) => indexes.includes(index));
      await Promise.all(
        taken.map((server) => server.grant({ keys, token: "foobar", proposal: 1, ...forLong })),
      );
    },
  };
}

function namesOf(key: string): LockKey {
  return { key, lock: `lock:${key}`, fence: `{lock:${key}}:fence`, queue: `{lock:${key}}:queue` };
}
