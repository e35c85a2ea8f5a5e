import { type DynamicModule, type FactoryProvider, Module, type Provider } from "@nestjs/common";
import { APP_FILTER, DiscoveryModule, DiscoveryService } from "@nestjs/core";
import type { LockManager } from "@redlock-kit/core";
import { askForOptions, checkAsyncOptions, splitModuleOptions } from "./check-module-options.js";
import { InstanceBinder } from "./instance-binder.js";
import { LockHealthIndicator } from "./lock-health-indicator.js";
import { LockExceptionFilter } from "./lock-exception-filter.js";
import { getLockManagerToken } from "./lock-manager-token.js";
import type {
  LockModuleAsyncOptions,
  LockModuleExtras,
  LockModuleOptions,
  LockOptions,
} from "./lock-module-options.js";
import { LOCK_OPTIONS, ManagerLifetime } from "./manager-lifetime.js";
import { checkClasses } from "./start-check.js";

/** A module of its own, so that Nest registers the filter once however many managers an application has. */
@Module({ providers: [{ provide: APP_FILTER, useClass: LockExceptionFilter }] })
class LockExceptionFilterModule {}

/** Brings a `LockManager` into a Nest application; `@Locked` and `@InjectLockManager` use it. */
@Module({})
export class LockModule {
  /**
   * The module with options that are known when it is declared.
   *
   * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for unusable options: here for what stands beside those of the manager,
   * when the application starts for the rest
   */
  static forRoot(options: LockModuleOptions): DynamicModule {
    const [extras, lockOptions] = splitModuleOptions(options);
    return lockModule(extras, [], [{ provide: LOCK_OPTIONS, useValue: lockOptions }]);
  }

  /**
   * The module with options that other providers help to make.
   *
   * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`, as `forRoot`
   */
  static forRootAsync(options: LockModuleAsyncOptions): DynamicModule {
    const checked = checkAsyncOptions(options);
    return lockModule(checked, checked.imports ?? [], optionsProviders(checked));
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
  return [optionsFrom(options.useExisting)];
}

function optionsFrom(factory: NonNullable<FactoryProvider["inject"]>[number]): FactoryProvider<LockOptions> {
  return {
    provide: LOCK_OPTIONS,
    inject: [factory],
    useFactory: askForOptions,
  };
}
