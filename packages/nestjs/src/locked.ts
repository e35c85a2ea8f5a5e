import type { KeySource } from "@redlock-kit/core/adapter";
import { declareLock } from "./lock-declaration.js";
import { exempt, lockClass } from "./locked-class.js";
import { putLocked } from "./locked-function.js";
import type { LockedOptions } from "./locked-options.js";
import { requireMethod } from "./method-place.js";

/** Decorates the methods that can be called with what the functions given to `@Locked` take, and classes. */
export interface LockedDecorator<Args extends readonly unknown[]> {
  <Method extends (...args: never) => unknown>(
    target: object,
    propertyKey: string | symbol,
    descriptor: TypedPropertyDescriptor<Method> & Suits<Args, Method>,
  ): void;
  // Any function, as in the standard library's ClassDecorator: so that Nest's applyDecorators() takes it.
  (target: Function): void;
}

type Suits<Args extends readonly unknown[], Method> = Method extends (...args: infer Parameters) => unknown
  ? ((...args: Args) => unknown) extends (...args: Parameters) => unknown
    ? unknown
    : { readonly "a function given to @Locked takes other parameters than the method": Parameters }
  : never;

/**
 * Runs a handler or provider method under a lock. Guards, interceptors, pipes and validation come first, then the
 * lock, then the method; the lock is released when what the method returned is done. The method returns a promise
 * from then on, or an Observable if that is its declared return type; what it throws arrives unchanged.
 *
 * On a class: the same for each route handler of a controller, or each method of a provider that is no lifecycle hook,
 * unless it has `@SkipLock()` or a `@Locked` of its own. Calls within the class go on under the same lease.
 *
 * @param key a template, several templates (all or none is locked), or a function of the method's parameters.
 * Templates read `{params.x}`, `{query.x}`, `{body.x}`, `{headers.x}`, `{cookies.x}` and `{user.x}` from the
 * request of an HTTP handler and `{0}`, `{1.id}` from the arguments of any method
 * @param options what is left out comes from the manager
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`, when the class is defined, for a malformed template, an unknown
 * root or option, a static method; when the application starts, for a generator. From the method, on every call, as
 * `withLock` of the manager
 */
export function Locked<Args extends readonly unknown[]>(
  key: KeySource<Args>,
  options: LockedOptions<Args> = {},
): LockedDecorator<Args> {
  const lock = declareLock(key, options);
  return (target: object, propertyKey?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (propertyKey === undefined && descriptor === undefined) {
      return lockClass(target as { readonly prototype: object }, lock);
    }
    // Without a name: a parameter of the constructor.
    const place = requireMethod(target, propertyKey ?? "constructor", descriptor);
    exempt(target, place.propertyKey);
    putLocked(target, descriptor as PropertyDescriptor, place, lock, false);
  };
}
