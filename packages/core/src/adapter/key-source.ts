import { invalidArgument } from "../errors.js";
import { compileTemplate, type KeyTemplate, type TemplateRoots } from "../keys/template.js";
import { unusableValue } from "../keys/unusable-value.js";
import type { LockKeys } from "../lock-manager.js";

/** What the placeholders of a template may begin with where there is an HTTP request. */
export const HTTP_ROOTS = ["params", "query", "body", "headers", "cookies", "user"] as const;

/** The parts of an HTTP request under the names that templates use. */
export type HttpRoots = { readonly [Root in (typeof HTTP_ROOTS)[number]]: unknown };

/**
 * The parts that a template names, as own properties, from a request that has them under these names. No more than
 * those, since frameworks parse some of them only when they are asked; and no getters, since an object of them costs a
 * request more than its lock does.
 */
export function pickRoots(request: object, names: readonly string[]): Partial<HttpRoots> {
  const parts = request as Readonly<Record<string, unknown>>;
  const picked: Record<string, unknown> = {};
  for (const name of names) picked[name] = parts[name];
  return picked;
}

/**
 * Where an adapter gets its keys from: a template, several templates (all or none is locked), or a function, whose
 * keys are used as they are.
 */
export type KeySource<Args extends readonly unknown[]> =
  | string
  | readonly string[]
  | ((...args: Args) => LockKeys | Promise<LockKeys>);

/** A {@link KeySource} that was checked where it was declared. */
export interface CompiledKeySource<Args extends readonly unknown[]> {
  /** The roots that the templates read, each once: `["params", "0"]`. Empty for a function. */
  readonly roots: readonly string[];
  /**
   * The keys of one call.
   *
   * @param args what a function is called with
   * @param source what templates read: the roots as own properties, getters allowed
   * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` if a value can't be (part of) a key; what a function throws
   * arrives unchanged
   */
  resolve(args: Args, source: Readonly<Record<string, unknown>>): Promise<LockKeys>;
  /** The same, at once unless a function gives a promise. */
  keysOf(args: Args, source: Readonly<Record<string, unknown>>): LockKeys | Promise<LockKeys>;
}

/**
 * Compiles a key source, once, where it is declared.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` if a template is malformed or names an unknown root, and for
 * anything that is no key source
 */
export function compileKeySource<Args extends readonly unknown[]>(
  source: KeySource<Args>,
  allowed: TemplateRoots,
): CompiledKeySource<Args> {
  const { roots, keysOf } = compile(source, allowed);
  return { roots, keysOf, resolve: async (args, values) => keysOf(args, values) };
}

function compile<Args extends readonly unknown[]>(
  source: KeySource<Args>,
  allowed: TemplateRoots,
): Pick<CompiledKeySource<Args>, "roots" | "keysOf"> {
  if (typeof source === "function")
    return { roots: [], keysOf: (args) => whenThere(source(...args), requireKeys) };
  if (typeof source === "string") {
    const template = compileTemplate(source, allowed);
    return { roots: template.roots, keysOf: (_args, values) => template.build(values) };
  }
  if (!Array.isArray(source) || source.length === 0) {
    throw invalidArgument("key", "must be a template, a non-empty array of templates, or a function");
  }
  // Array.from, since map() passes over the holes of a sparse array.
  const templates = Array.from<string, KeyTemplate>(source, (template) => compileTemplate(template, allowed));
  return {
    roots: [...new Set(templates.flatMap((template) => template.roots))],
    keysOf: (_args, values) => templates.map((template) => template.build(values)),
  };
}

/** `next` of a value, at once if it is there: a promise costs every request, and most keys need none. */
export function whenThere<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  const isPromise = typeof (value as Partial<Promise<T>> | null | undefined)?.then === "function";
  return isPromise ? Promise.resolve(value).then(next) : next(value as T);
}

function requireKeys(keys: unknown): LockKeys {
  const isKey = (key: unknown): key is string => typeof key === "string" && key !== "";
  if (isKey(keys) || (Array.isArray(keys) && keys.length > 0 && keys.every(isKey))) return keys;
  throw unusableValue("key function", "must return a non-empty string or a non-empty array of such");
}
