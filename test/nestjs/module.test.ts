import { Inject, Injectable, Module } from "@nestjs/common";
import { createLockManager, type LockManager, memoryNode } from "@redlock-kit/core";
import {
  getLockManagerToken,
  InjectLockManager,
  Locked,
  LockModule,
  type LockModuleAsyncOptions,
  type LockOptions,
  type LockOptionsFactory,
} from "@redlock-kit/nestjs";
import { describe, expect, test, vi } from "vitest";
import { startProviders } from "./start-app.js";

@Injectable()
class Config {
  readonly ttlMs: number = 7_777;
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

@Injectable()
class FromConfig implements LockOptionsFactory {
  constructor(@Inject(Config) private readonly config: Config) {}

  async createLockOptions(): Promise<LockOptions> {
    return { nodes: [memoryNode()], ttlMs: this.config.ttlMs };
  }
}

@Module({ imports: [ConfigModule], providers: [FromConfig], exports: [FromConfig] })
class FactoryModule {}

describe("forRootAsync makes the manager", () => {
  const variants: Record<string, LockModuleAsyncOptions> = {
    "with useFactory, of what is injected": {
      imports: [ConfigModule],
      inject: [Config],
      useFactory: (config: Config) => ({ nodes: [memoryNode()], ttlMs: config.ttlMs }),
    },
    "with an async useFactory": {
      useFactory: async () => ({ nodes: [memoryNode()], ttlMs: 7_777 }),
    },
    "with useClass": { imports: [ConfigModule], useClass: FromConfig },
    "with useExisting": { imports: [FactoryModule], useExisting: FromConfig },
  };

  test.each(Object.entries(variants))("%s", async (_how, options) => {
    const module = await startProviders({ imports: [LockModule.forRootAsync(options)] });

    const lease = await module.get<LockManager>(getLockManagerToken()).acquire("report");

    expect(lease.ttlMs).toBe(7_777);
  });

  test("from one that exists already", async () => {
    const manager = createLockManager({ nodes: [memoryNode()] });
    const module = await startProviders({
      imports: [LockModule.forRootAsync({ useFactory: () => ({ manager }) })],
    });

    expect(module.get(getLockManagerToken())).toBe(manager);
  });

  test("under the name that stands beside the factory", async () => {
    const useFactory = () => ({ nodes: [memoryNode()] });
    @Injectable()
    class Reports {
      constructor(
        @InjectLockManager() readonly locks: LockManager,
        @InjectLockManager("slow") readonly slow: LockManager,
      ) {}
    }
    const module = await startProviders({
      imports: [
        LockModule.forRootAsync({ useFactory }),
        LockModule.forRootAsync({ useFactory, name: "slow" }),
      ],
      providers: [Reports],
    });

    const { locks, slow } = module.get(Reports);
    expect(locks).not.toBe(slow);
    expect(slow).toBe(module.get(getLockManagerToken("slow")));
  });
});

describe("modules that do not import LockModule", () => {
  @Injectable()
  class Reports {
    constructor(@InjectLockManager() readonly locks: LockManager) {}
  }
  @Module({ providers: [Reports] })
  class ReportsModule {}

  test("see the manager", async () => {
    const module = await startProviders({
      imports: [LockModule.forRoot({ nodes: [memoryNode()] }), ReportsModule],
    });
    expect(module.get(Reports).locks).toBe(module.get(getLockManagerToken()));
  });

  test("do not see it with isGlobal: false", async () => {
    const lockModule = LockModule.forRoot({ nodes: [memoryNode()], isGlobal: false });
    await expect(startProviders({ imports: [lockModule, ReportsModule] })).rejects.toThrow(/ReportsModule/);
  });
});

test("options of the lock go to the manager as they are, and what is left out is left to it", async () => {
  const options = {
    ttlMs: 1_000,
    waitMs: 2_000,
    mode: "exclusive",
    owner: "worker 7",
    minHoldMs: 10,
    maxHoldMs: 5_000,
    autoExtend: false,
    retry: () => 50,
    onLost: "ignore",
    nested: "wait",
  } as const;
  class Reports {
    @Locked("report", { ...options, whenHeld: "skip", manager: "mock" })
    async full() {}

    @Locked("report", { manager: "mock", waitMs: undefined })
    async plain() {}
  }
  const withLock = vi.fn((_key: unknown, work: (lease: object) => unknown) => Promise.resolve(work({})));
  const manager = { withLock } as unknown as LockManager;
  const imports = [LockModule.forRoot({ name: "mock", manager })];
  const reports = (await startProviders({ imports, providers: [Reports] })).get(Reports);
  await reports.full();
  await reports.plain();
  expect(withLock.mock.calls.map((call: unknown[]) => call[2])).toEqual([options, {}]);
});
