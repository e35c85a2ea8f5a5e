export { CurrentLease } from "./current-lease.js";
export type { LockErrorMessage } from "./error-message.js";
export { LockExceptionFilter } from "./lock-exception-filter.js";
export { LockHealthIndicator, type LockHealthDetails } from "./lock-health-indicator.js";
export { getLockManagerToken, InjectLockManager } from "./lock-manager-token.js";
export { LockModule } from "./lock-module.js";
export type {
  LockModuleAsyncOptions,
  LockModuleExtras,
  LockModuleOptions,
  LockOptions,
  LockOptionsFactory,
} from "./lock-module-options.js";
export { Locked, type LockedDecorator } from "./locked.js";
export { SkipLock } from "./locked-class.js";
export type { LockedOptions } from "./locked-options.js";
