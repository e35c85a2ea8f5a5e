import {
  createLockManager,
  type LockError,
  type LockErrorCode,
  type LockNode,
  type LockManager,
  type LockManagerOptions,
  type MemoryNode,
  memoryNode,
} from "@redlock-kit/core";
import { type FaultyNode, faultyNode, type ManualClock, manualClock } from "@redlock-kit/core/testing";
import { expect, onTestFinished } from "vitest";

type Options = Partial<LockManagerOptions>;

/** Nodes in this process, and managers that reach them over connections of their own, all by one clock. */
export interface Cluster {
  readonly clock: ManualClock;
  /** The servers themselves, which all managers share. */
  readonly servers: readonly MemoryNode[];
  /** The first manager's connections to them. */
  readonly nodes: readonly FaultyNode[];
  /** The first manager. */
  readonly locks: LockManager;
  /** Another process: a manager with connections of its own. */
  readonly another: (options?: Options, connections?: readonly FaultyNode[]) => LockManager;
  /** Connections for {@link another}. */
  readonly connect: () => FaultyNode[];
  /** On how many servers `key` is held, by whomever or under `token`. */
  readonly holders: (key: string, token?: string) => Promise<number>;
}

/** `size` nodes that have said who they are, and a manager over them. */
export async function cluster(
  size: number,
  options: Options = {},
  clock: ManualClock = manualClock(),
): Promise<Cluster> {
  const servers = Array.from({ length: size }, (_, i) => memoryNode({ clock, name: `node-${i + 1}` }));
  const connect = () => servers.map((server) => faultyNode(server, clock));
  const another: Cluster["another"] = (more = {}, connections = connect()) =>
    manager({ ...options, ...more, nodes: connections, clock }, clock);
  const nodes = connect();
  const locks = another({}, nodes);
  await clock.advance(0);
  const holders = async (key: string, token?: string): Promise<number> => {
    const states = await Promise.all(servers.map((server) => server.inspect(namesOf(key))));
    return states.filter((state) => state.token !== null && (token ?? state.token) === state.token).length;
  };
  return { clock, servers, nodes, locks, another, connect, holders };
}

/** A manager that is closed when the test has ended, however it ended. */
export function manager(options: LockManagerOptions, clock: ManualClock): LockManager {
  const locks = createLockManager(options);
  onTestFinished(async () => {
    const closed = locks.close({ graceMs: 0 });
    await clock.advance(60_000);
    await closed;
  });
  return locks;
}

/** What the managers of a {@link cluster} call a key on its nodes. */
export function namesOf(key: string): { key: string; lock: string; fence: string; queue: string } {
  return { key, lock: `lock:${key}`, fence: `{lock:${key}}:fence`, queue: `{lock:${key}}:queue` };
}

/** Locks `key` for `token` on one server only. */
export async function occupy(
  server: LockNode,
  key: string,
  ttlMs = 60_000,
  token = "somebody",
): Promise<void> {
  const times = { ttlMs, lockDelayMs: 0, fenceTtlMs: 3_600_000, maxSkewMs: 60_000 };
  await server.grant({ keys: [namesOf(key)], token, proposal: 1, ...times });
}

/** How a promise stands at this moment of the manual clock. */
export async function stateOf(promise: Promise<unknown>): Promise<"pending" | "fulfilled" | LockErrorCode> {
  let state: "pending" | "fulfilled" | LockErrorCode = "pending";
  promise.then(
    () => (state = "fulfilled"),
    (error: unknown) => (state = (error as LockError).code),
  );
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return state;
}

/** A lock error, for comparisons. */
export function lockError(code: LockErrorCode, more: object = {}): unknown {
  return expect.objectContaining({ code, ...more });
}
