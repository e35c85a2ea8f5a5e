import { Injectable, Module, type Provider, Scope } from "@nestjs/common";
import { type LockManager, memoryNode } from "@redlock-kit/core";
import {
  CurrentLease,
  getLockManagerToken,
  InjectLockManager,
  Locked,
  LockModule,
} from "@redlock-kit/nestjs";
import type { Lease } from "@redlock-kit/core";
import { describe, expect, test } from "vitest";
import { startProviders } from "./start-app.js";

class Report {
  @Locked("report", { waitMs: 0 })
  async make(@CurrentLease() lease?: Lease) {
    return lease?.key;
  }

  @Locked("report", { manager: "slow" })
  async makeSlowly() {}
}

class Derived extends Report {}

const provide = "report";
const scopes = { "a singleton": Scope.DEFAULT, "request-scoped": Scope.REQUEST, transient: Scope.TRANSIENT };

const kinds: Record<string, (scope: Scope) => Provider> = {
  "of a class": (scope) => ({ provide, useClass: Report, scope }),
  "of a derived class": (scope) => ({ provide, useClass: Derived, scope }),
  "made by a factory": (scope) => ({ provide, useFactory: () => new Report(), scope }),
  "made by an async factory of others": (scope) => ({
    provide,
    inject: [getLockManagerToken()],
    useFactory: async (_locks: LockManager) => new Derived(),
    scope,
  }),
};

const both = () => [
  LockModule.forRoot({ nodes: [memoryNode()] }),
  LockModule.forRoot({ nodes: [memoryNode()], name: "slow" }),
];

describe.each(Object.entries(scopes))("a provider that is %s", (_scope, scope) => {
  test.each(Object.entries(kinds))(
    "and %s is locked, with each of its managers",
    async (_kind, providerOf) => {
      const module = await startProviders({ imports: both(), providers: [providerOf(scope)] });
      const report = await module.resolve<Report>(provide);
      expect(await report.make()).toBe("report");
      const locks = module.get<LockManager>(getLockManagerToken());
      await locks.acquire("report");
      await expect(report.make()).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
      await report.makeSlowly();
      expect(module.get<LockManager>(getLockManagerToken("slow")).stats().acquired).toBe(1);
    },
  );
});

test("a transient that a factory made for another provider, before the start was over, is locked", async () => {
  class Desk {
    constructor(readonly report: Report) {}
  }
  const module = await startProviders({
    imports: both(),
    providers: [
      { provide, useFactory: () => new Report(), scope: Scope.TRANSIENT },
      { provide: Desk, inject: [provide], useFactory: (report: Report) => new Desk(report) },
    ],
  });
  expect(await module.get(Desk).report.make()).toBe("report");
});

test("a provider that is a value, or another name of one, is locked", async () => {
  const module = await startProviders({
    imports: both(),
    providers: [
      { provide, useValue: new Report() },
      { provide: "alias", useExisting: provide },
    ],
  });
  expect(await module.get<Report>("alias").make()).toBe("report");
});

test("a value that one application after the other has is locked by the manager of the last", async () => {
  const providers = [{ provide, useValue: new Report() }];
  const first = await startProviders({ imports: both(), providers });
  expect(await first.get<Report>(provide).make()).toBe("report");
  await first.close();
  const second = await startProviders({ imports: both(), providers });
  expect(await second.get<Report>(provide).make()).toBe("report");
});

test("two applications in one process keep the managers of their instances apart", async () => {
  const start = () => startProviders({ imports: both(), providers: [Report] });
  const [first, second] = [await start(), await start()];
  await first.get(Report).make();
  expect(first.get<LockManager>(getLockManagerToken()).stats().acquired).toBe(1);
  expect(second.get<LockManager>(getLockManagerToken()).stats().acquired).toBe(0);
});

test("modules with managers of their own lock with these", async () => {
  @Injectable()
  class Desk {
    constructor(@InjectLockManager() readonly locks: LockManager) {}

    @Locked("desk")
    async work() {}
  }
  const moduleOf = (name: string) => {
    const imports = [LockModule.forRoot({ nodes: [memoryNode({ name })], isGlobal: false })];
    const providers = [Desk, { provide: name, useExisting: Desk }];
    class Own {}
    Module({ imports, providers, exports: [name] })(Own);
    return Own;
  };
  const module = await startProviders({ imports: [moduleOf("left"), moduleOf("right")] });
  const [left, right] = [
    module.get<Desk>("left", { strict: false }),
    module.get<Desk>("right", { strict: false }),
  ];
  await left.work();
  expect([left.locks.stats().acquired, right.locks.stats().acquired]).toEqual([1, 0]);
});

test("the manager does not show on the instances that it was given to", async () => {
  @Injectable()
  class Titled extends Report {
    readonly title = "yearly";
  }
  const module = await startProviders({
    imports: both(),
    providers: [Titled, { provide: "made", useFactory: () => new Titled() }],
  });
  for (const token of [Titled, "made"]) {
    const report = module.get<Titled>(token);
    await report.make();
    expect(Reflect.ownKeys(Object.assign({}, report))).toEqual(["title"]);
  }
});
