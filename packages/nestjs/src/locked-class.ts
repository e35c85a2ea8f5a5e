import { LockError } from "@redlock-kit/core";
import type { LockDeclaration } from "./lock-declaration.js";
import { putLocked } from "./locked-function.js";
import { type MethodPlace, nameOf, requireMethod } from "./method-place.js";

const EXEMPT = Symbol.for("redlock-kit exempt from the lock of the class");

/** What Nest notes on the handlers of a controller: routes, messages and events. */
const HANDLER_MARKS = ["path", "microservices:pattern"];

/** Nest calls these when the application starts and ends, and when the client of a gateway comes and goes. */
const LIFECYCLE_HOOKS: readonly (string | symbol)[] = [
  "onModuleInit",
  "onApplicationBootstrap",
  "onModuleDestroy",
  "beforeApplicationShutdown",
  "onApplicationShutdown",
  "afterInit",
  "handleConnection",
  "handleDisconnect",
];

const WELL_KNOWN_SYMBOLS = new Set<unknown>(
  Object.values(Object.getOwnPropertyDescriptors(Symbol)).map(({ value }) => value as unknown),
);

/**
 * Exempts a method from the `@Locked` of its class.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`, when the class is defined, on anything but a method
 */
export function SkipLock(): MethodDecorator {
  return (target, propertyKey, descriptor) => {
    const method: unknown = (descriptor as PropertyDescriptor | undefined)?.value;
    if (typeof method !== "function") {
      throw new LockError(
        "ERR_LOCK_INVALID_ARGUMENT",
        `@SkipLock() on ${nameOf(target, propertyKey)}: it is for methods`,
      );
    }
    exempt(target, propertyKey);
  };
}

/** Keeps the lock of the class off a method: because of `@SkipLock()`, or of a `@Locked` of its own. */
export function exempt(target: object, propertyKey: string | symbol): void {
  Reflect.defineMetadata(EXEMPT, true, target, propertyKey);
}

/** The methods that a lock of a whole class was put on, by the functions that took their place. */
const behind = new WeakMap<object, MethodPlace>();

/**
 * Locks the route handlers of a controller; of a provider, all methods but lifecycle hooks. A lock of its own on a
 * method, or on the class, replaces what it inherited.
 */
export function lockClass(target: { readonly prototype: object }, lock: LockDeclaration): void {
  const { prototype } = target;
  // A method that calls another one of its class goes on under the lock that it has.
  const reentered = { ...lock, locking: { nested: "reenter", ...lock.locking } } as const;
  for (const inherited of coveredMethods(prototype)) {
    const place = behind.get(inherited.method) ?? inherited;
    const { home, propertyKey } = place;
    if (Reflect.getOwnMetadata(EXEMPT, home, propertyKey) === true) continue;
    const descriptor: PropertyDescriptor = {
      configurable: true,
      enumerable: false,
      writable: true,
      value: place.method,
    };
    putLocked(prototype, descriptor, place, reentered, true);
    behind.set(descriptor.value as object, place);
    Object.defineProperty(prototype, propertyKey, descriptor);
  }
}

function coveredMethods(prototype: object): MethodPlace[] {
  const methods = methodsOf(prototype);
  const handlers = methods.filter(({ method }) =>
    HANDLER_MARKS.some((mark) => Reflect.hasMetadata(mark, method)),
  );
  if (handlers.length > 0) return handlers;
  return methods.filter(({ propertyKey }) => !LIFECYCLE_HOOKS.includes(propertyKey));
}

/** What the language itself calls, and would make nothing of a promise: `toString`, `toJSON`, `Symbol.dispose`. */
function isOfLanguage(propertyKey: string | symbol): boolean {
  return propertyKey in Object.prototype || propertyKey === "toJSON" || WELL_KNOWN_SYMBOLS.has(propertyKey);
}

/** Own and inherited ones, as they were written last. */
function methodsOf(prototype: object): MethodPlace[] {
  const places = new Map<string | symbol, MethodPlace | undefined>();
  for (let home = prototype; home !== Object.prototype && home !== null; ) {
    for (const propertyKey of Reflect.ownKeys(home)) {
      if (places.has(propertyKey) || isOfLanguage(propertyKey)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(home, propertyKey);
      const isMethod = typeof descriptor?.value === "function";
      places.set(propertyKey, isMethod ? requireMethod(home, propertyKey, descriptor) : undefined);
    }
    home = Object.getPrototypeOf(home) as object;
  }
  return [...places.values()].filter((place) => place !== undefined);
}
