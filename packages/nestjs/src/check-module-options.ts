import { LockError, type LockManager } from "@redlock-kit/core";
import { checkOptions, functionRule, type OptionRule, type OptionRules } from "@redlock-kit/core/adapter";
import type {
  LockModuleAsyncOptions,
  LockModuleExtras,
  LockModuleOptions,
  LockOptions,
  LockOptionsFactory,
} from "./lock-module-options.js";

const booleanRule: OptionRule = { wanted: "true or false", accepts: (value) => typeof value === "boolean" };
const arrayRule: OptionRule = { wanted: "an array", accepts: Array.isArray };

const extras: OptionRules["own"] = {
  name: { wanted: "a non-empty string", accepts: (value) => typeof value === "string" && value !== "" },
  isGlobal: booleanRule,
  exceptionFilter: booleanRule,
};

const asyncOptions: OptionRules["own"] = {
  ...extras,
  useFactory: functionRule("that gives the options"),
  useClass: { wanted: "a class", accepts: (value) => typeof value === "function" },
  useExisting: { wanted: "a token", accepts: (value) => value !== null },
  inject: arrayRule,
  imports: arrayRule,
};

/**
 * What stands beside the options of the manager, checked, and the rest, which the manager will check.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT`
 */
export function splitModuleOptions(options: LockModuleOptions): [LockModuleExtras, LockOptions] {
  if (typeof options !== "object" || options === null) throw invalid("LockModule.forRoot needs options");
  const { name, isGlobal, exceptionFilter, ...lockOptions } = options;
  return [checkOptions({ name, isGlobal, exceptionFilter }, { lock: [], own: extras }), lockOptions];
}

/** @throws LockError `ERR_LOCK_INVALID_ARGUMENT` */
export function checkAsyncOptions(options: LockModuleAsyncOptions): LockModuleAsyncOptions {
  const checked = checkOptions(options, { lock: [], own: asyncOptions });
  const ways = ["useFactory", "useClass", "useExisting"].filter((way) => way in checked);
  if (ways.length === 1) return checked;
  throw invalid("LockModule.forRootAsync needs one of useFactory, useClass and useExisting");
}

/**
 * The manager that the application made, if that is what it gave.
 *
 * @throws LockError `ERR_LOCK_INVALID_ARGUMENT` if it is no manager, or options of one stand beside it
 */
export function givenManager(options: LockOptions): LockManager | undefined {
  if (typeof options !== "object" || options === null || !("manager" in options)) return undefined;
  if (typeof options.manager?.withLock !== "function") {
    throw invalid("manager must be a LockManager, as createLockManager makes it");
  }
  const others = Object.keys(options).filter((option) => option !== "manager");
  if (others.length === 0) return options.manager;
  throw invalid(`${others.join(", ")} can't stand beside manager, which has options of its own`);
}

/** @throws LockError `ERR_LOCK_INVALID_ARGUMENT` */
export function askForOptions(factory: LockOptionsFactory): LockOptions | Promise<LockOptions> {
  if (typeof factory?.createLockOptions === "function") return factory.createLockOptions();
  throw invalid(
    "what useClass or useExisting of LockModule.forRootAsync names must have createLockOptions()",
  );
}

function invalid(message: string): LockError {
  return new LockError("ERR_LOCK_INVALID_ARGUMENT", message);
}
