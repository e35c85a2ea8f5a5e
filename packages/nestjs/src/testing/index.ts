export { LockTestingModule } from "./lock-testing-module.js";
export { TestLocks, type TestLocksOptions } from "./test-locks.js";
