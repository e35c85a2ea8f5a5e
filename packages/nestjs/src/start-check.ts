import type { DiscoveryService } from "@nestjs/core";
import type { LockError } from "@redlock-kit/core";

const refusals = new WeakMap<object, LockError>();

/** Says that no application shall start with a class of this prototype. */
export function refuseAtStart(prototype: object, error: LockError): void {
  if (!refusals.has(prototype)) refusals.set(prototype, error);
}

/** @throws LockError if the application has a class with a method that can't be locked */
export function checkClasses(discovery: DiscoveryService): void {
  for (const { metatype, instance } of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const ofClass: unknown = typeof metatype === "function" ? metatype.prototype : undefined;
    for (const start of [ofClass, instance as unknown]) {
      for (let object = start; typeof object === "object" && object !== null; ) {
        const error = refusals.get(object);
        if (error !== undefined) throw error;
        object = Object.getPrototypeOf(object) as unknown;
      }
    }
  }
}
