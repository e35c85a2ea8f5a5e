import { createLockManager, type LockManager, type LockManagerOptions, type MemoryNode, memoryNode } from "@redlock-kit/core";
import { type FaultyNode, faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { onTestFinished } from "vitest";

/** Nodes in this process, and managers that reach them over connections of their own. */
export interface Cluster {
  readonly clock: ManualClock;
  /** The servers themselves, which all managers share. */
  readonly servers: readonly MemoryNode[];
  /** The first manager's connections. */
  readonly nodes: readonly FaultyNode[];
  /** The first manager. */
  readonly locks: LockManager;
  /** Another process: its own manager with its own connections, which work unless `connections` are given. */
  another(options?: Partial<LockManagerOptions>, connections?: readonly FaultyNode[]): LockManager;
  /** Connections of another process, to be given to {@link another}. */
  connect(): FaultyNode[];
  /** On how many servers `key` is held, by whomever or by `token`. */
  holders(key: string, token?: string): Promise<number>;
}

/** `size` nodes and a manager over them, all by one manual clock. */
export function cluster(size: number, options: Partial<LockManagerOptions> = {}, clock = manualClock()): Cluster {
  const servers = Array.from({ length: size }, (_, i) => memoryNode({ clock, name: `node-${i + 1}` }));
  const connect = (): FaultyNode[] => servers.map((server) => faultyNode(server, clock));
  const another: Cluster["another"] = (more = {}, connections = connect()) => {
    const manager = createLockManager({ ...options, ...more, nodes: connections, clock });
    onTestFinished(async () => {
      const closed = manager.close({ graceMs: 0 });
      await clock.advance(10_000);
      await closed;
    });
    return manager;
  };
  const nodes = connect();
  return {
    clock,
    servers,
    nodes,
    locks: another({}, nodes),
    another,
    connect,
    async holders(key, token) {
      const states = await Promise.all(servers.map((server) => server.inspect(namesOf(key))));
      return states.filter((state) => state.token !== null && (token ?? state.token) === state.token).length;
    },
  };
}

/** What the managers of a {@link cluster} call a key on its nodes. */
export function namesOf(key: string): { key: string; lock: string; fence: string } {
  return { key, lock: `lock:${key}`, fence: `{lock:${key}}:fence` };
}

/** How a promise stands now, without waiting for it. */
export async function outcome<T>(promise: Promise<T>): Promise<T | "pending"> {
  return Promise.race([promise, Promise.resolve("pending" as const)]);
}
