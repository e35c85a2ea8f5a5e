export { LockTestingModule } from "./lock-testing-module.js";
export { LockTester, type LockTesterOptions } from "./lock-tester.js";
