import { type DynamicModule, Module } from "@nestjs/common";
import { LockModule, type LockModuleExtras } from "../index.js";
import { TestLocks, type TestLocksOptions } from "./test-locks.js";

/** Takes the place of `LockModule` in unit tests: locks in memory, and {@link TestLocks} to play the others. */
@Module({})
export class LockTestingModule {
  /** Options of the manager, such as `waitMs: 0` or a manual `clock`, and how the module takes its place. */
  static forRoot(options: TestLocksOptions & LockModuleExtras = {}): DynamicModule {
    const { name, isGlobal = true, exceptionFilter, ...lockOptions } = options;
    const locks = new TestLocks(lockOptions);
    const lockModule = LockModule.forRoot({ manager: locks.manager, name, isGlobal, exceptionFilter });
    return {
      module: LockTestingModule,
      global: isGlobal,
      imports: [lockModule],
      providers: [{ provide: TestLocks, useValue: locks }],
      exports: [TestLocks, lockModule],
    };
  }
}
