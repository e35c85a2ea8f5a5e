import { Injectable, Logger } from "@nestjs/common";
import { Test } from "@nestjs/testing";
import { isLockError, type LockManager, memoryNode } from "@redlock-kit/core";
import {
  CurrentLease,
  InjectLockManager,
  Locked,
  LockModule,
  type LockModuleAsyncOptions,
  type LockModuleOptions,
  SkipLock,
} from "@redlock-kit/nestjs";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startProviders } from "./start-app.js";

const invalid = expect.toSatisfy((error) => isLockError(error, "ERR_LOCK_INVALID_ARGUMENT")) as unknown;

describe("mistakes with decorators are told when the class is defined", () => {
  const decorate = (decorator: () => unknown) => {
    class Reports {}
    (decorator() as MethodDecorator)(Reports.prototype, "make", { value: async () => {} });
  };
  const mistakes: [string, () => void, RegExp][] = [
    ["a malformed template", () => decorate(() => Locked("report:{0")), /report:\{0/],
    ["an unknown root", () => decorate(() => Locked("report:{session.id}")), /session/],
    ["an unknown option", () => decorate(() => Locked("report", { ttl: 5 } as object)), /ttlMs/],
    ["an unusable option", () => decorate(() => Locked("report", { waitMs: -1 })), /waitMs/],
    [
      "an unusable whenHeld",
      () => decorate(() => Locked("report", { whenHeld: "wait" as "skip" })),
      /whenHeld/,
    ],
    [
      "a static method",
      () => (Locked("report") as MethodDecorator)(class Reports {}, "make", { value: () => {} }),
      /Reports\.make: static/,
    ],
    ["no key", () => (Locked as unknown as () => void)(), /key must be a template/],
    ["no templates", () => Locked([]), /non-empty array/],
    ["options that are none", () => Locked("report", 5 as unknown as object), /options must be an object/],
    ["a manager without a name", () => Locked("report", { manager: 5 as unknown as string }), /manager must/],
    [
      "an accessor",
      () => (Locked("report") as MethodDecorator)(new (class Reports {})(), "title", { get: () => "yearly" }),
      /Reports\.title: it is for methods/,
    ],
    [
      "a parameter of a constructor",
      () => (Locked("report") as ParameterDecorator)(class Reports {}, undefined, 0),
      /Reports\.constructor: it is for methods/,
    ],
    [
      "an exempt class",
      () => (SkipLock() as unknown as ClassDecorator)(class Reports {}),
      /@SkipLock\(\) on Reports: it is for methods/,
    ],
    [
      "a lease for a constructor",
      () => CurrentLease()(class Reports {}, undefined, 0),
      /@CurrentLease\(\) belongs to a parameter of a method/,
    ],
    ["a property", () => (Locked("report") as unknown as PropertyDecorator)({}, "make"), /it is for methods/],
  ];

  test.each(mistakes)("%s", (_what, declare, message) => {
    expect(declare).toThrow(message);
    expect(declare).toThrow(invalid);
  });
});

describe("mistakes with the module", () => {
  const nodes = () => [memoryNode()];
  const useFactory = () => ({ nodes: nodes() });

  test.each<[string, unknown, RegExp]>([
    ["no options", undefined, /forRoot needs options/],
    ["a name that is none", { nodes: nodes(), name: "" }, /name must be a non-empty string/],
    ["a misplaced value", { nodes: nodes(), isGlobal: "no" }, /isGlobal must be true or false/],
  ])("are told when it is declared: %s", (_what, options, message) => {
    const declare = () => LockModule.forRoot(options as LockModuleOptions);
    expect(declare).toThrow(message);
    expect(declare).toThrow(invalid);
  });

  test.each<[string, unknown, RegExp]>([
    ["no options", undefined, /options must be an object/],
    ["nothing to make them of", { name: "slow" }, /one of useFactory, useClass and useExisting/],
    ["two ways to make them", { useFactory, useExisting: "options" }, /one of useFactory, useClass/],
    ["a factory that is none", { useFactory: 5 }, /useFactory must be a function/],
    ["a class that is none", { useClass: "Options" }, /useClass must be a class/],
    ["an unknown option", { useFactory, isglobal: false }, /"isglobal" is not known; did you mean isGlobal/],
  ])("are told when it is declared with forRootAsync: %s", (_what, options, message) => {
    const declare = () => LockModule.forRootAsync(options as LockModuleAsyncOptions);
    expect(declare).toThrow(message);
    expect(declare).toThrow(invalid);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["nothing", () => undefined, /nodes|object/],
    ["nodes that are none", () => ({ nodes: "redis://a" }), /nodes must be an array/],
    ["a manager that is none", () => ({ manager: undefined }), /manager must be a LockManager/],
    [
      "a manager and options of one",
      () => ({ manager: { withLock: () => {} }, ttlMs: 5 }),
      /ttlMs can't stand beside manager/,
    ],
    ["what stands beside the factory", () => ({ ...useFactory(), name: "slow" }), /"name" is not known/],
  ])("stop the start: a factory gives %s", async (_what, factory, message) => {
    const imports = [LockModule.forRootAsync({ useFactory: factory as typeof useFactory })];
    const start = startProviders({ imports });
    await expect(start).rejects.toThrow(message);
    await expect(start).rejects.toEqual(invalid);
  });

  test("stop the start: a class without createLockOptions()", async () => {
    class Options {}
    const imports = [LockModule.forRootAsync({ useClass: Options as never })];
    await expect(startProviders({ imports })).rejects.toThrow(/must have createLockOptions\(\)/);
  });

  test("stop the start: a name that no module has, for @Locked and for @InjectLockManager", async () => {
    class Reports {
      @Locked("report", { manager: "slow" })
      async make() {}
    }
    @Injectable()
    class Desk {
      constructor(@InjectLockManager("slow") readonly locks: LockManager) {}
    }
    for (const provider of [Reports, Desk]) {
      await expect(startProviders({ providers: [provider] })).rejects.toThrow(/LockManager.*"slow"/);
    }
  });
});

test("a method that expects a lease and is not locked is warned of at the start, once", async () => {
  const warn = vi.spyOn(Logger.prototype, "warn").mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  class Base {
    make(@CurrentLease() _lease?: unknown) {}

    @Locked("overridden")
    overridden(@CurrentLease() _lease?: unknown) {}
  }
  @Injectable()
  class Reports extends Base {
    override overridden(@CurrentLease() _lease?: unknown) {}
  }
  @Injectable()
  @Locked("all")
  class AllLocked extends Base {}
  @Injectable()
  class OwnLock extends Base {
    @Locked("own")
    override make(@CurrentLease() _lease?: unknown) {}
  }
  await startProviders({ providers: [AllLocked, OwnLock] });
  expect(warn.mock.calls).toEqual([]);
  await startProviders({ providers: [Reports] });
  await startProviders({ providers: [Reports] });
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^Reports\.overridden has a @CurrentLease\(\) parameter, but is not @Locked/)],
    [expect.stringMatching(/^Base\.make has/)],
  ]);
});

describe("without the module", () => {
  class Reports {
    @Locked("report")
    async make() {}
  }

  test("an application does not start, and says which module is missing", async () => {
    await expect(startProviders({ imports: [], providers: [Reports] })).rejects.toThrow(
      /import LockModule\.forRoot/,
    );
  });

  test("an instance that a factory made lacks it until the application is initialized, and says so", async () => {
    const module = await Test.createTestingModule({
      imports: [LockModule.forRoot({ nodes: [memoryNode()] })],
      providers: [{ provide: "made", useFactory: () => new Reports() }],
    }).compile();
    onTestFinished(() => module.close());
    const reports = module.get<Reports>("made");
    await expect(reports.make()).rejects.toThrow(/Reports\.make.*when the application is initialized/);
    await module.init();
    await reports.make();
  });

  test("an instance that Nest did not make says what it lacks", async () => {
    await expect(new Reports().make()).rejects.toThrow(
      /Reports\.make is @Locked.*import LockModule\.forRoot/,
    );
  });
});
