import type { OnModuleInit } from "@nestjs/common";
import type { DiscoveryService } from "@nestjs/core";
import type { LockManager } from "@redlock-kit/core";
import { supplyManager } from "./manager-slot.js";

/** Gives the manager to the providers that factories make, and that values are: they get no properties injected. */
export class InstanceBinder implements OnModuleInit {
  readonly #discovery: DiscoveryService;
  readonly #manager: LockManager;
  readonly #name: string | undefined;

  constructor(discovery: DiscoveryService, manager: LockManager, name: string | undefined) {
    this.#discovery = discovery;
    this.#manager = manager;
    this.#name = name;
  }

  onModuleInit(): void {
    for (const wrapper of this.#discovery.getProviders()) {
      // An alias names an instance that another provider made.
      if (!wrapper.isNotMetatype || wrapper.isAlias) continue;
      if (!wrapper.isTransient && wrapper.isDependencyTreeStatic()) {
        this.#supply(wrapper.instance);
        continue;
      }
      for (const made of wrapper.getStaticTransientInstances()) this.#supply(made?.instance);
      const factory = wrapper.metatype as (...args: unknown[]) => unknown;
      // What it makes for requests, and for `resolve`, does not exist yet.
      const supplying = async (...args: unknown[]): Promise<unknown> => this.#supply(await factory(...args));
      wrapper.metatype = supplying;
    }
  }

  #supply(made: unknown): unknown {
    if (typeof made === "object" && made !== null) supplyManager(made, this.#name, this.#manager);
    return made;
  }
}
