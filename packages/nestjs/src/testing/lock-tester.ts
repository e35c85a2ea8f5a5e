import type { OnApplicationShutdown } from "@nestjs/common";
import {
  createLockManager,
  type Lease,
  type LockKeys,
  type LockManager,
  type LockManagerOptions,
  memoryNode,
} from "@redlock-kit/core";

/** Options of the managers of {@link LockTester}; a manual `clock` makes time stand still. */
export type LockTesterOptions = Omit<LockManagerOptions, "nodes">;

/**
 * Locks in memory, for unit tests: `manager` is that of the code under test, and what is held here is held by somebody
 * else, as by another process.
 */
export class LockTester implements OnApplicationShutdown {
  /** For `LockModule.forRoot({ manager })` and `overrideProvider(getLockManagerToken()).useValue(manager)`. */
  readonly manager: LockManager;
  readonly #somebodyElse: LockManager;
  readonly #held = new Set<Lease>();

  constructor(options: LockTesterOptions = {}) {
    const { clock } = options;
    const node = memoryNode({ name: "test", ...(clock && { clock }) });
    this.manager = createLockManager({ ...options, nodes: [node] });
    this.#somebodyElse = createLockManager({ ...options, nodes: [node] });
  }

  /**
   * Has somebody else take the lock, and keep it until `release`.
   *
   * @throws LockError `ERR_LOCK_HELD` if the code under test holds it
   */
  async hold(key: LockKeys): Promise<Lease> {
    const lease = await this.#somebodyElse.acquire(key, { waitMs: 0, autoExtend: true });
    this.#held.add(lease);
    return lease;
  }

  /** Has somebody else give back what covers `key`; without a key, everything. Who waits for it gets it then. */
  async release(key?: string): Promise<void> {
    for (const lease of this.#held) {
      if (key !== undefined && !lease.keys.includes(key)) continue;
      this.#held.delete(lease);
      await lease.release();
    }
  }

  /**
   * Takes the lock away from the code under test, as an expiry or a failed node would: its lease is lost at once, with
   * its `signal` aborted, and what was locked rejects with `ERR_LOCK_LOST` in the end.
   *
   * @param key all keys of the lease
   * @throws Error if it is not held
   */
  async lose(key: LockKeys): Promise<void> {
    const [first] = [key].flat();
    const state = first === undefined ? null : await this.manager.inspect(first);
    if (state === null) throw new Error(`nobody holds ${JSON.stringify(key)}`);
    await this.manager.forceRelease(key);
    // Asking for more time is how a holder finds out.
    await this.manager.extend(key, state.token, 1_000).catch(() => {});
  }

  /** Whether anybody holds it. */
  async isHeld(key: string): Promise<boolean> {
    return (await this.manager.inspect(key)) !== null;
  }

  /** Ends both managers at once; work that still runs loses its lock. */
  async close(): Promise<void> {
    await Promise.all([this.manager.close({ graceMs: 0 }), this.#somebodyElse.close({ graceMs: 0 })]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
