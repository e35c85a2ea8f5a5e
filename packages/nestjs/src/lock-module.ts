import { type DynamicModule, type FactoryProvider, Module, type Provider } from "@nestjs/common";
import { APP_FILTER, DiscoveryModule, DiscoveryService } from "@nestjs/core";
import { LockError, type LockManager } from "@redlock-kit/core";
import { InstanceBinder } from "./instance-binder.js";
import { LockHealthIndicator } from "./lock-health-indicator.js";
import { LockExceptionFilter } from "./lock-exception-filter.js";
import { getLockManagerToken } from "./lock-manager-token.js";
import type {
  LockModuleAsyncOptions,
  LockModuleExtras,
  LockModuleOptions,
  LockOptions,
  LockOptionsFactory,
} from "./lock-module-options.js";
import { LOCK_OPTIONS, ManagerLifetime } from "./manager-lifetime.js";
import { checkClasses } from "./start-check.js";

/** A module of its own, so that Nest registers the filter once however many managers an application has. */
@Module({ providers: [{ provide: APP_FILTER, useClass: LockExceptionFilter }] })
class LockExceptionFilterModule {}

/** Brings a `LockManager` into a Nest application; `@Locked` and `@InjectLockManager` use it. */
@Module({})
export class LockModule {
  /** The module with options that are known when it is declared. */
  static forRoot(options: LockModuleOptions): DynamicModule {
    const { name, isGlobal, exceptionFilter, ...lockOptions } = options;
    return lockModule(
      { name, isGlobal, exceptionFilter },
      [],
      [{ provide: LOCK_OPTIONS, useValue: lockOptions }],
    );
  }

  /** The module with options that other providers help to make. */
  static forRootAsync(options: LockModuleAsyncOptions): DynamicModule {
    return lockModule(options, options.imports ?? [], optionsProviders(options));
  }
}

function lockModule(
  { name, isGlobal = true, exceptionFilter = true }: LockModuleExtras,
  imports: NonNullable<DynamicModule["imports"]>,
  options: Provider[],
): DynamicModule {
  const token = getLockManagerToken(name);
  const manager: FactoryProvider<LockManager> = {
    provide: token,
    inject: [ManagerLifetime],
    useFactory: (lifetime: ManagerLifetime) => lifetime.open(),
  };
  const binder: FactoryProvider<InstanceBinder> = {
    provide: InstanceBinder,
    inject: [DiscoveryService, token],
    useFactory: (discovery: DiscoveryService, made: LockManager) => new InstanceBinder(discovery, made, name),
  };
  const check: FactoryProvider<void> = {
    provide: checkClasses,
    inject: [DiscoveryService],
    useFactory: checkClasses,
  };
  return {
    module: LockModule,
    global: isGlobal,
    imports: [...imports, DiscoveryModule, ...(exceptionFilter ? [LockExceptionFilterModule] : [])],
    providers: [...options, ManagerLifetime, manager, binder, check, LockHealthIndicator],
    exports: [token, LockHealthIndicator],
  };
}

function optionsProviders(options: LockModuleAsyncOptions): Provider[] {
  if ("useFactory" in options) {
    const provider: FactoryProvider<LockOptions> = {
      provide: LOCK_OPTIONS,
      inject: options.inject ?? [],
      useFactory: options.useFactory,
    };
    return [provider];
  }
  if ("useClass" in options) return [options.useClass, optionsFrom(options.useClass)];
  if ("useExisting" in options) return [optionsFrom(options.useExisting)];
  throw new LockError(
    "ERR_LOCK_INVALID_ARGUMENT",
    "LockModule.forRootAsync needs useFactory, useClass or useExisting",
  );
}

function optionsFrom(factory: NonNullable<FactoryProvider["inject"]>[number]): FactoryProvider<LockOptions> {
  return {
    provide: LOCK_OPTIONS,
    inject: [factory],
    useFactory: (made: LockOptionsFactory) => made.createLockOptions(),
  };
}
