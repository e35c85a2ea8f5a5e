import type { FactoryProvider, InjectionToken, ModuleMetadata, Type } from "@nestjs/common";
import type { LockManager, LockManagerOptions } from "@redlock-kit/core";

/**
 * What a manager is made of, or a manager that the application made itself. The module closes the managers
 * that it made and leaves the application's alone.
 */
export type LockOptions = LockManagerOptions | { readonly manager: LockManager };

/** How `LockModule` takes its place in the application. */
export interface LockModuleExtras {
  /** Tells several managers apart: `@InjectLockManager(name)`, `@Locked(key, { manager: name })`. Default: the manager without a name. */
  readonly name?: string | undefined;
  /** Whether every module sees the manager without importing this one. Default true. */
  readonly isGlobal?: boolean | undefined;
  /**
   * Whether `LockExceptionFilter` answers lock errors in the whole application. Default true. It is on as soon
   * as one of several `LockModule`s has it on.
   */
  readonly exceptionFilter?: boolean | undefined;
}

/** Options of `LockModule.forRoot`. */
export type LockModuleOptions = LockOptions & LockModuleExtras;

/** Makes the options in a class, for `useClass` and `useExisting`. */
export interface LockOptionsFactory {
  createLockOptions(): LockOptions | Promise<LockOptions>;
}

interface ByFactory {
  /** Makes the options, from what `inject` names. */
  readonly useFactory: FactoryProvider<LockOptions>["useFactory"];
  readonly inject?: FactoryProvider["inject"];
}

interface ByClass {
  /** A class that the module instantiates and asks for the options. */
  readonly useClass: Type<LockOptionsFactory>;
}

interface ByExisting {
  /** The token of a provider that is asked for the options. */
  readonly useExisting: InjectionToken<LockOptionsFactory>;
}

/** Options of `LockModule.forRootAsync`: one of `useFactory`, `useClass` and `useExisting`. */
export type LockModuleAsyncOptions = (ByFactory | ByClass | ByExisting) &
  LockModuleExtras & {
    /** Modules whose providers the options are made from. */
    readonly imports?: ModuleMetadata["imports"];
  };
