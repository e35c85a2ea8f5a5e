import { Inject } from "@nestjs/common";

/**
 * The injection token of a manager, for modules of one's own and for `overrideProvider` in tests.
 *
 * @param name the `name` that was given to `LockModule`; without one, the manager that has no name
 */
export function getLockManagerToken(name?: string): symbol {
  // From the global registry, so that two copies of this package in one app mean the same manager.
  return Symbol.for(name === undefined ? "redlock-kit LockManager" : `redlock-kit LockManager "${name}"`);
}

/**
 * Injects a `LockManager` into a constructor parameter or a property.
 *
 * @param name the `name` that was given to `LockModule`; without one, the manager that has no name
 */
export function InjectLockManager(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getLockManagerToken(name));
}
