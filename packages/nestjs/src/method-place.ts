import { types } from "node:util";
import { LockError } from "@redlock-kit/core";

/** A method as a decorator finds it. */
export type AnyMethod = (this: object, ...args: unknown[]) => unknown;

/** A method, and where it was written: what decorators of its parameters noted is found there. */
export interface MethodPlace {
  /** The prototype that has the method as its own. */
  readonly home: object;
  readonly propertyKey: string | symbol;
  readonly method: AnyMethod;
  /** As in messages: `SeatsController.book`. */
  readonly name: string;
}

/**
 * The method that a decorator was put on.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` if it is none, or a static one: that has no instance which Nest could
 * give a manager
 */
export function requireMethod(
  home: object,
  propertyKey: string | symbol,
  descriptor: PropertyDescriptor | undefined,
): MethodPlace {
  const name = nameOf(home, propertyKey);
  const method: unknown = descriptor?.value;
  if (typeof method !== "function") throw refusal(name, "it is for methods and classes");
  if (typeof home === "function") throw refusal(name, "static methods can't be locked");
  return { home, propertyKey, method: method as AnyMethod, name };
}

/** As in messages, of what a decorator was put on; a class has no key. */
export function nameOf(home: object, propertyKey: string | symbol | undefined): string {
  const { name: className } = typeof home === "function" ? home : home.constructor;
  return propertyKey === undefined ? className : `${className}.${String(propertyKey)}`;
}

const LOCKED = Symbol.for("redlock-kit locked method");

/** Whether the method is one that took the place of another, to lock. */
export function isLocked(method: object): boolean {
  return Reflect.hasMetadata(LOCKED, method);
}

/** Whether calling the method gives a generator, whose work begins after the call and pauses at its caller's will. */
export function isGenerator({ method }: MethodPlace): boolean {
  return types.isGeneratorFunction(method);
}

export function refusal(name: string, problem: string): LockError {
  return new LockError("ERR_LOCK_INVALID_ARGUMENT", `@Locked on ${name}: ${problem}`);
}

/**
 * Makes `replacement` look like `original` to whoever reflects on it: name, arity, further properties, what kind of
 * function it inherits from, and the metadata of the decorators below. Those above write on the replacement itself. It
 * counts as locked from then on.
 */
export function resemble(replacement: AnyMethod, original: AnyMethod): AnyMethod {
  Object.setPrototypeOf(replacement, Object.getPrototypeOf(original) as object);
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  for (const key of Reflect.getMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), replacement);
  }
  Reflect.defineMetadata(LOCKED, true, replacement);
  return replacement;
}
