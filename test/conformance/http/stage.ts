import { tracingChannel } from "node:diagnostics_channel";
import {
  createLockManager,
  type Lease,
  type LockError,
  type LockManager,
  type LockManagerOptions,
  memoryNode,
  type NodeSource,
} from "@redlock-kit/core";
import { onTestFinished } from "vitest";
import { Gate } from "../../support/gate.js";
import { Client, until } from "./client.js";
import type { Door, Feature, OpenDoor, Route } from "./door.js";

/** The nodes of one test. */
export type Nodes = () => NodeSource[];

/** How many there were: the tests of one run may share nodes, but no keys. */
let scenes = 0;

/** Where the tests of one door take place. */
export interface Stage {
  readonly door: Door;
  lacks(feature: Feature): boolean;
  /** The door open on these routes until the test has ended, in front of a manager of its own. */
  open(routes: Route | readonly Route[], options?: Omit<LockManagerOptions, "nodes">): Promise<Scene>;
  /** The same in front of a given manager. */
  openWith(locks: LockManager, routes: Route | readonly Route[]): Promise<Client>;
}

interface Scene {
  readonly client: Client;
  /** The door's manager. */
  readonly locks: LockManager;
  /** Another process's manager, on the same nodes. */
  readonly others: LockManager;
  /** What became of the locks, and what handlers add. */
  readonly log: string[];
  readonly opened: OpenDoor;
}

export function stageOf(door: Door, nodes: Nodes = () => [memoryNode()]): Stage {
  const open = async (locks: LockManager, routes: Route | readonly Route[]): Promise<OpenDoor> => {
    const opened = await door.open(locks, [routes].flat());
    onTestFinished(async () => {
      opened.server.closeAllConnections();
      await opened.close();
    });
    return opened;
  };
  return {
    door,
    lacks: (feature) => door.lacks[feature] !== undefined,
    async open(routes, options) {
      const shared = nodes();
      const common = { nodes: shared, keyPrefix: `${(scenes += 1)}:` };
      const [locks, others] = [managerOf({ ...options, ...common }), managerOf(common)];
      const opened = await open(locks, routes);
      return { client: new Client(opened.server), locks, others, log: releases(), opened };
    },
    openWith: async (locks, routes) => new Client((await open(locks, routes)).server),
  };
}

function managerOf(options: LockManagerOptions): LockManager {
  const locks = createLockManager(options);
  onTestFinished(() => locks.close({ graceMs: 0 }));
  return locks;
}

/** A log that says when the release of a lease is asked for. */
function releases(): string[] {
  const log: string[] = [];
  const onRelease = (): void => void log.push("released");
  const { start } = tracingChannel("redlock-kit:release");
  start.subscribe(onRelease);
  onTestFinished(() => {
    start.unsubscribe(onRelease);
  });
  return log;
}

/** Waits until `count` acquires wait for a lock. */
export function waiting(locks: LockManager, count: number): Promise<void> {
  return until(() => locks.stats().waiting === count);
}

/** Waits until somebody holds a lock. */
export function held(locks: LockManager, count = 1): Promise<void> {
  return until(() => locks.stats().held === count);
}

/** Waits until nobody holds a lock. */
export function free(locks: LockManager, key = "k"): Promise<void> {
  return until(async () => (await locks.inspect(key)) === null);
}

/** Lets everything happen that is about to happen. */
export function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

/** A manager that grants the lock when the test says so, and a lease that ends when the test says so. */
export function manualManager() {
  const asked = new Gate();
  const granted = new Gate();
  const end = new AbortController();
  const lease = { signal: end.signal, ttlMs: 60_000 } as Lease;
  const locks = {
    async withLock(_key: string, work: (lease: Lease) => unknown) {
      asked.open();
      await granted.opened;
      return work(lease);
    },
  } as unknown as LockManager;
  return { locks, asked: asked.opened, grant: granted.open, lose: (reason: LockError) => end.abort(reason) };
}
