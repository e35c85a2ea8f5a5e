import { Inject } from "@nestjs/common";
import type { LockManager } from "@redlock-kit/core";
import { getLockManagerToken } from "./lock-manager-token.js";

/** A property of the instances of a class with `@Locked` methods; holds the manager that they lock with. */
type Instance = { [slot: symbol]: LockManager | undefined };

function slotOf(name: string | undefined): symbol {
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
  Object.defineProperty(prototype, slot, { value: undefined, writable: true, configurable: true });
  Inject(getLockManagerToken(name))(prototype, slot);
}

/** The manager that was injected; `undefined` for an instance that Nest did not make. */
export function managerOf(instance: object, name: string | undefined): LockManager | undefined {
  return (instance as Instance)[slotOf(name)];
}

/** Gives a manager to an instance that wants one and did not get it: Nest injects no properties into what a factory made. */
export function supplyManager(instance: object, name: string | undefined, manager: LockManager): void {
  const slot = slotOf(name);
  if (slot in instance && managerOf(instance, name) === undefined) (instance as Instance)[slot] = manager;
}
