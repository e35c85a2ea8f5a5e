import type { OnModuleInit } from "@nestjs/common";
import type { DiscoveryService } from "@nestjs/core";
import type { LockManager } from "@redlock-kit/core";
import { supplyManager } from "./manager-slot.js";

/** Gives the manager to the providers that factories made, and that values are: they get no properties injected. */
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
      const made =
        wrapper.isNotMetatype && wrapper.isDependencyTreeStatic() ? (wrapper.instance as unknown) : null;
      if (typeof made === "object" && made !== null) supplyManager(made, this.#name, this.#manager);
    }
  }
}
