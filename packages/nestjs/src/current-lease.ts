import "reflect-metadata";
import { LockError } from "@redlock-kit/core";

const LEASE_PARAMETERS = Symbol.for("redlock-kit lease parameters");

/**
 * A parameter of a `@Locked` method that gets the lease, on handlers and on provider methods alike; of several
 * locks around one method, the innermost one's. Whatever a caller passes in its place is replaced.
 *
 * Nest is not told of the parameter, so pipes never see it.
 */
export function CurrentLease(): ParameterDecorator {
  return (target, propertyKey, index) => {
    if (propertyKey === undefined) {
      throw new LockError(
        "ERR_LOCK_INVALID_ARGUMENT",
        "@CurrentLease() belongs to a parameter of a method, not of a constructor",
      );
    }
    const parameters = [...leaseParameters(target, propertyKey), index];
    Reflect.defineMetadata(LEASE_PARAMETERS, parameters, target, propertyKey);
  };
}

/** The indices of the parameters that get the lease. Complete before any decorator of the method itself runs. */
export function leaseParameters(target: object, propertyKey: string | symbol): readonly number[] {
  // Own metadata: an overriding method has parameters of its own.
  return (Reflect.getOwnMetadata(LEASE_PARAMETERS, target, propertyKey) as number[] | undefined) ?? [];
}
