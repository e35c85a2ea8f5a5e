import { Inject, Injectable } from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import type { LockManager } from "@redlock-kit/core";
import { checkLockHealth, type LockHealth } from "@redlock-kit/core/adapter";
import { getLockManagerToken } from "./lock-manager-token.js";

/** What is told of each manager, in the form that Terminus takes. */
export interface LockHealthDetails extends Omit<LockHealth, "nodes"> {
  readonly status: "up" | "down";
  /** Each node by its name: `voting`, or why it does not vote. */
  readonly nodes: Readonly<Record<string, string>>;
}

/**
 * Tells how locks fare, for a check of `@nestjs/terminus` or a handler of one's own: up while every node votes, up and
 * `degraded` while a quorum does, down below it, or when work goes on under a lease that is over. Every call asks
 * each node for a sign of life.
 */
@Injectable()
export class LockHealthIndicator {
  readonly #moduleRef: ModuleRef;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.#moduleRef = moduleRef;
  }

  /**
   * Never rejects for a lock's sake: being down is a result.
   *
   * @param key the name in the result. Default `locks`
   * @param name the `name` that was given to `LockModule`; without one, the manager that has no name
   */
  async isHealthy<const Key extends string = "locks">(
    key = "locks" as Key,
    name?: string,
  ): Promise<Record<Key, LockHealthDetails>> {
    const locks = this.#moduleRef.get<LockManager>(getLockManagerToken(name), { strict: false });
    const { nodes, ...health } = await checkLockHealth(locks);
    const details: LockHealthDetails = {
      status: health.state === "down" ? "down" : "up",
      ...health,
      nodes: Object.fromEntries(
        nodes.map(({ node, voting, reason }) => [node, voting ? "voting" : (reason ?? "does not vote")]),
      ),
    };
    return { [key]: details } as Record<Key, LockHealthDetails>;
  }
}
