import { LockError } from "@redlock-kit/core";
import { types } from "node:util";

/** A method as a decorator finds it. */
export type AnyMethod = (this: object, ...args: unknown[]) => unknown;

/** The name of a method in messages: `SeatsController.book`. */
export function methodName(target: object, propertyKey: string | symbol): string {
  const { name } = typeof target === "function" ? target : target.constructor;
  return `${name}.${String(propertyKey)}`;
}

/**
 * The method that a decorator was put on.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` if it is none that can be locked: a lock could not be held over the
 * whole run of a generator, and a static method has no instance that Nest could give a manager
 */
export function requireLockable(
  target: object,
  propertyKey: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): AnyMethod {
  const refuse = (problem: string): LockError =>
    new LockError("ERR_LOCK_INVALID_ARGUMENT", `@Locked on ${methodName(target, propertyKey)}: ${problem}`);
  const method: unknown = descriptor?.value;
  if (typeof method !== "function") throw refuse("it is for methods");
  if (typeof target === "function") throw refuse("static methods can't be locked");
  if (types.isGeneratorFunction(method)) throw refuse("generator methods can't be locked");
  return method as AnyMethod;
}

/**
 * Makes `replacement` look like `original` to whoever reflects on it: name, arity, further properties, and the
 * metadata of the decorators below. Those above write on the replacement itself.
 */
export function resemble(replacement: AnyMethod, original: AnyMethod): AnyMethod {
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  for (const key of Reflect.getMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), replacement);
  }
  return replacement;
}
