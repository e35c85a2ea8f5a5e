import { LockError, type LockKeys } from "@redlock-kit/core";
import { compileKeySource, HTTP_ROOTS, type HttpRoots, type KeySource } from "@redlock-kit/core/adapter";
import { type LockedOptions, type SortedLockedOptions, sortLockedOptions } from "./locked-options.js";

/** One use of `@Locked`, checked and compiled once. */
export interface LockDeclaration extends SortedLockedOptions {
  /**
   * The keys of one call of the method `name`.
   *
   * @param request what Nest called the method for, if that is an HTTP request
   */
  readonly keysOf: (
    name: string,
    args: readonly unknown[],
    request: HttpRoots | undefined,
  ) => Promise<LockKeys>;
}

/** @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for a malformed template, an unknown root or option */
export function declareLock<Args extends readonly unknown[]>(
  key: KeySource<Args>,
  options: LockedOptions<Args>,
): LockDeclaration {
  const source = compileKeySource(key, { roots: HTTP_ROOTS, positions: true });
  const requestRoots = HTTP_ROOTS.filter((root) => source.roots.includes(root));
  const templateValues = (
    name: string,
    args: readonly unknown[],
    request: HttpRoots | undefined,
  ): Readonly<Record<string, unknown>> => {
    // The indices of an array are the positions that a template reads.
    if (requestRoots.length === 0) return args as readonly unknown[] & Record<string, unknown>;
    if (request === undefined) throw withoutRequest(name, requestRoots[0] as string);
    const values = Object.assign({} as Record<string, unknown>, args);
    for (const root of requestRoots) values[root] = request[root];
    return values;
  };
  return {
    ...sortLockedOptions(options),
    keysOf: async (name, args, request) => source.resolve(args as Args, templateValues(name, args, request)),
  };
}

function withoutRequest(name: string, root: string): LockError {
  return new LockError(
    "ERR_LOCK_INVALID_ARGUMENT",
    `The key of ${name} reads {${root}} of an HTTP request, but it was not called by Nest to handle one`,
  );
}
