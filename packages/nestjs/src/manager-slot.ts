import { Inject } from "@nestjs/common";
import type { LockManager } from "@redlock-kit/core";
import { getLockManagerToken } from "./lock-manager-token.js";

/** A property of the instances of a class with `@Locked` methods; holds the manager that they lock with. */
type Instance = { [slot: symbol]: LockManager | undefined };

/** Where the instances hold the manager of that name. */
export function slotOf(name: string | undefined): symbol {
  // Nest shows this description when it finds no such manager at start-up.
  return Symbol.for(
    name === undefined
      ? "the LockManager of @Locked: import LockModule.forRoot(...)"
      : `the LockManager of @Locked: import LockModule.forRoot({ name: "${name}", ... })`,
  );
}

/**
 * Has Nest inject a manager into all instances of a class. Injection rather than a registry of this process:
 * two applications in one process keep their own managers, and a test can override the provider.
 */
export function declareManager(prototype: object, name: string | undefined): void {
  const slot = slotOf(name);
  if (slot in prototype) return;
  Object.defineProperty(prototype, slot, {
    get: () => undefined,
    // On the instance it does not show: what compares, prints or copies instances is to see what the class wrote.
    set(this: object, manager: LockManager) {
      Object.defineProperty(this, slot, { value: manager, configurable: true, writable: true });
    },
    configurable: true,
  });
  Inject(getLockManagerToken(name))(prototype, slot);
}

/** The manager that was injected; `undefined` for an instance that Nest did not make. */
export function managerOf(instance: object, slot: symbol): LockManager | undefined {
  return (instance as Instance)[slot];
}

const supplied = new WeakSet<object>();

/**
 * Gives a manager to an instance that wants one and did not get it: Nest injects no properties into what a factory made.
 * A value that several applications share, as those of one test file do, has the manager of the last one.
 */
export function supplyManager(instance: object, name: string | undefined, manager: LockManager): void {
  const slot = slotOf(name);
  if (!(slot in instance) || (managerOf(instance, slot) !== undefined && !supplied.has(instance))) return;
  (instance as Instance)[slot] = manager;
  supplied.add(instance);
}
