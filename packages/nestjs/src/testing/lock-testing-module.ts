import { type DynamicModule, Module } from "@nestjs/common";
import { LockModule, type LockModuleExtras } from "../index.js";
import { LockTester, type LockTesterOptions } from "./lock-tester.js";

/** Takes the place of `LockModule` in unit tests: locks in memory, and {@link LockTester} to play the others. */
@Module({})
export class LockTestingModule {
  /** Options of the manager, such as `waitMs: 0` or a manual `clock`, and how the module takes its place. */
  static forRoot(options: LockTesterOptions & LockModuleExtras = {}): DynamicModule {
    const { name, isGlobal = true, exceptionFilter, ...lockOptions } = options;
    const locks = new LockTester(lockOptions);
    const lockModule = LockModule.forRoot({ manager: locks.manager, name, isGlobal, exceptionFilter });
    return {
      module: LockTestingModule,
      global: isGlobal,
      imports: [lockModule],
      providers: [{ provide: LockTester, useValue: locks }],
      exports: [LockTester, lockModule],
    };
  }
}
