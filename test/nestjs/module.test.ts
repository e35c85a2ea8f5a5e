import { Controller, Inject, Injectable, Module, Post } from "@nestjs/common";
import { createLockManager, isLockError, type LockManager, memoryNode } from "@redlock-kit/core";
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
import { Gate } from "../support/gate.js";
import { platforms, startApp, startProviders } from "./start-app.js";

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

test("options that no manager can be made of stop the start", async () => {
  const start = (useFactory: () => LockOptions) =>
    startProviders({ imports: [LockModule.forRootAsync({ useFactory })] });

  for (const options of [undefined, {}, { nodes: [], typo: 1 }, { manager: undefined }]) {
    await expect(start(() => options as LockOptions)).rejects.toSatisfy((error) =>
      isLockError(error, "ERR_LOCK_INVALID_ARGUMENT"),
    );
  }
  expect(() => LockModule.forRootAsync({} as LockModuleAsyncOptions)).toThrow(
    /useFactory, useClass or useExisting/,
  );
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

test("two applications in one process keep their managers apart", async () => {
  class Reports {
    @Locked("report")
    async make() {}
  }
  const [first, second] = [
    await startProviders({ providers: [Reports] }),
    await startProviders({ providers: [Reports] }),
  ];

  await first.get(Reports).make();

  expect(first.get<LockManager>(getLockManagerToken()).stats().acquired).toBe(1);
  expect(second.get<LockManager>(getLockManagerToken()).stats().acquired).toBe(0);
});

describe("on shutdown", () => {
  test("the manager that the module made is closed", async () => {
    const module = await startProviders({});
    const locks = module.get<LockManager>(getLockManagerToken());

    await module.close();

    await expect(locks.acquire("report")).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
  });

  test("the application's own manager stays open", async () => {
    const manager = createLockManager({ nodes: [memoryNode()] });
    const module = await startProviders({ imports: [LockModule.forRoot({ manager })] });

    await module.close();

    await expect(manager.acquire("report")).resolves.toMatchObject({ valid: true });
    await manager.close();
  });

  test("waiting requests get 503 at once, and the handler that runs keeps its lock to its end", async () => {
    const [started, finish] = [new Gate(), new Gate()];
    const validAtTheEnd = vi.fn();
    @Controller()
    class Reports {
      constructor(@InjectLockManager() private readonly locks: LockManager) {}

      @Post("report")
      @Locked("report", { waitMs: Infinity })
      async make() {
        started.open();
        await finish.opened;
        validAtTheEnd(this.locks.assertLocked("report").valid);
      }
    }
    const { app, url, locks } = await startApp({ controllers: [Reports] }, platforms.Express, "drained");
    const request = () => fetch(`${url}/report`, { method: "POST", headers: { connection: "close" } });
    const running = request();
    await started.opened;
    const waiting = request();
    await vi.waitFor(() => expect(locks.stats().waiting).toBe(1));

    const closed = app.close();
    const refused = await waiting;
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: "ERR_LOCK_CLOSED" });

    finish.open();
    expect((await running).status).toBe(201);
    await closed;
    expect(validAtTheEnd).toHaveBeenCalledWith(true);
    expect(locks.stats().held).toBe(0);
  });
});
