import { Logger } from "@nestjs/common";
import type { DiscoveryService } from "@nestjs/core";
import type { LockError } from "@redlock-kit/core";
import { leaseParameters } from "./current-lease.js";
import { isLocked, nameOf } from "./method-place.js";

const refusals = new WeakMap<object, LockError>();
const warned = new WeakSet<object>();

/** Says that no application shall start with a class of this prototype. */
export function refuseAtStart(prototype: object, error: LockError): void {
  if (!refusals.has(prototype)) refusals.set(prototype, error);
}

/**
 * Warns of methods that expect a lease and are not locked.
 *
 * @throws LockError if the application has a class with a method that can't be locked
 */
export function checkClasses(discovery: DiscoveryService): void {
  for (const { metatype, instance } of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const ofClass: unknown = typeof metatype === "function" ? metatype.prototype : undefined;
    for (const start of [ofClass, instance as unknown]) {
      for (let object = start; typeof object === "object" && object !== null; ) {
        const error = refusals.get(object);
        if (error !== undefined) throw error;
        if (!warned.has(object)) warnOfMissingLocks(object, start as object);
        object = Object.getPrototypeOf(object) as unknown;
      }
    }
  }
}

/** @param start the object whose methods count: those of `home` may be overridden there, or locked */
function warnOfMissingLocks(home: object, start: object): void {
  for (const propertyKey of Reflect.ownKeys(home)) {
    if (leaseParameters(home, propertyKey).length === 0) continue;
    const method: unknown = Object.getOwnPropertyDescriptor(home, propertyKey)?.value;
    if (method !== (Reflect.get(start, propertyKey) as unknown) || isLocked(method as object)) continue;
    warned.add(home);
    new Logger("LockModule").warn(
      `${nameOf(home, propertyKey)} has a @CurrentLease() parameter, but is not @Locked: it gets no lease`,
    );
  }
}
