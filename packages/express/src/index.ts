export { leaseOf } from "./lease-of.js";
export { lockErrors, type LockErrorsMiddleware } from "./lock-errors.js";
export { createLocked, type Locked, type LockedMiddleware, type LockedOptions } from "./locked.js";
export type { HeldLock, LockStatus, LockStatusOptions } from "./lock-status.js";
export { lockStatus } from "./lock-status-route.js";
