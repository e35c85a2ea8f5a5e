import { UseInterceptors } from "@nestjs/common";
import { isLockError, type Lease, LockError } from "@redlock-kit/core";
import { compileKeySource, HTTP_ROOTS, type KeySource } from "@redlock-kit/core/adapter";
import { leaseParameters } from "./current-lease.js";
import { type HttpCall, HttpCallInterceptor, httpCallOf } from "./http-call.js";
import { lockUntilDone } from "./lock-until-done.js";
import { type AnyMethod, methodName, requireLockable, resemble } from "./locked-method.js";
import { type LockedOptions, sortLockedOptions } from "./locked-options.js";
import { declareManager, managerOf } from "./manager-slot.js";

/** Decorates the methods that can be called with what the functions given to `@Locked` take. */
export type LockedDecorator<Args extends readonly unknown[]> = <Method extends (...args: never) => unknown>(
  target: object,
  propertyKey: string | symbol,
  descriptor: TypedPropertyDescriptor<Method> & Suits<Args, Method>,
) => void;

type Suits<Args extends readonly unknown[], Method> = Method extends (...args: infer Parameters) => unknown
  ? ((...args: Args) => unknown) extends (...args: Parameters) => unknown
    ? unknown
    : { readonly "a function given to @Locked takes other parameters than the method": Parameters }
  : never;

const interceptor = new HttpCallInterceptor();

/**
 * Runs a handler or provider method under a lock. Guards, interceptors, pipes and validation come first, then the
 * lock, then the method; the lock is released when what the method returned has settled. The method returns a
 * promise from then on; what it throws arrives unchanged.
 *
 * @param key a template, several templates (all or none is locked), or a function of the method's parameters.
 * Templates read `{params.x}`, `{query.x}`, `{body.x}`, `{headers.x}`, `{cookies.x}` and `{user.x}` from the
 * request of an HTTP handler and `{0}`, `{1.id}` from the arguments of any method
 * @param options what is left out comes from the manager
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`, when the class is defined, for a malformed template, an unknown
 * root or option, a generator, a static method. From the method, on every call, as `withLock` of the manager
 */
export function Locked<Args extends readonly unknown[]>(
  key: KeySource<Args>,
  options: LockedOptions<Args> = {},
): LockedDecorator<Args> {
  const source = compileKeySource(key, { roots: HTTP_ROOTS, positions: true });
  const requestRoots = HTTP_ROOTS.filter((root) => source.roots.includes(root));
  const { manager: managerName, whenHeld, locking } = sortLockedOptions(options);

  return (target, propertyKey, descriptor: PropertyDescriptor) => {
    const method = requireLockable(target, propertyKey, descriptor);
    const name = methodName(target, propertyKey);
    const leaseAt = leaseParameters(target, propertyKey);

    const templateValues = (
      http: HttpCall | undefined,
      args: readonly unknown[],
    ): Record<string, unknown> => {
      const values: Record<string, unknown> = Object.fromEntries(args.entries());
      for (const root of requestRoots) {
        if (http === undefined) throw withoutRequest(name, root);
        values[root] = http.request[root];
      }
      return values;
    };

    const call = async (instance: object, args: unknown[]): Promise<unknown> => {
      const manager = managerOf(instance, managerName);
      if (manager === undefined) throw withoutModule(name, managerName);
      const http = httpCallOf(instance, propertyKey);
      const keys = await source.resolve(args as readonly unknown[] as Args, templateValues(http, args));
      let isGranted = false;
      const work = (lease: Lease): unknown => {
        isGranted = true;
        http?.over.throwIfAborted();
        const given = [...args];
        for (const index of leaseAt) given[index] = lease;
        return method.apply(instance, given);
      };
      try {
        return await lockUntilDone(manager, keys, work, { ...locking, signal: http?.over });
      } catch (error) {
        // A held lock that the method itself ran into is a matter of the method.
        if (!isGranted && isLockError(error, "ERR_LOCK_HELD")) return whenHeld(error, args);
        throw error;
      }
    };

    const locked: AnyMethod = function (...args) {
      return call(this, args);
    };
    descriptor.value = resemble(locked, method);
    declareManager(target, managerName);
    UseInterceptors(interceptor)(target, propertyKey, descriptor);
  };
}

function withoutModule(name: string, manager: string | undefined): Error {
  const module =
    manager === undefined ? "LockModule.forRoot(...)" : `LockModule.forRoot({ name: "${manager}", ... })`;
  return new Error(
    `${name} is @Locked, but its instance was given no LockManager: import ${module}, and have Nest make the instance`,
  );
}

function withoutRequest(name: string, root: string): LockError {
  return new LockError(
    "ERR_LOCK_INVALID_ARGUMENT",
    `The key of ${name} reads {${root}} of an HTTP request, but it was not called by Nest to handle one`,
  );
}
