import { Inject, Injectable, type OnApplicationShutdown, type OnModuleDestroy } from "@nestjs/common";
import { createLockManager, type LockManager, type LockManagerOptions } from "@redlock-kit/core";
import { givenManager } from "./check-module-options.js";
import type { LockOptions } from "./lock-module-options.js";

/** The token, private to one `LockModule`, of the options it was given. */
export const LOCK_OPTIONS = Symbol("LockOptions");

/** Makes the manager of one `LockModule` and closes it, unless the application brought its own. */
@Injectable()
export class ManagerLifetime implements OnModuleDestroy, OnApplicationShutdown {
  readonly #options: LockOptions;
  #made: LockManager | undefined;
  #closed: Promise<void> | undefined;

  constructor(@Inject(LOCK_OPTIONS) options: LockOptions) {
    this.#options = options;
  }

  /** Called once, by the provider of the manager: one that a test overrides is never made. */
  open(): LockManager {
    const given = givenManager(this.#options);
    if (given !== undefined) return given;
    this.#made = createLockManager(this.#options as LockManagerOptions);
    return this.#made;
  }

  /**
   * Refuses whoever waits for a lock, since the HTTP server drains only when they have ended, and keeps the
   * leases of what still runs. Not awaited before the server has drained: that is what its handlers need.
   */
  onModuleDestroy(): void {
    this.#closed = this.#made?.close({ graceMs: Infinity });
    // A failure is reported below, which may be long after it happened.
    this.#closed?.catch(() => {});
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#closed;
  }
}
