import { Injectable } from "@nestjs/common";
import { Test } from "@nestjs/testing";
import { type Lease, type LockManager, memoryNode } from "@redlock-kit/core";
import {
  CurrentLease,
  getLockManagerToken,
  InjectLockManager,
  Locked,
  LockModule,
} from "@redlock-kit/nestjs";
import { describe, expect, test, vi } from "vitest";
import { startProviders } from "./start-app.js";

async function start<T>(Service: new (...args: never[]) => T) {
  const module = await startProviders({ providers: [Service] });
  return { service: module.get<T>(Service), locks: module.get<LockManager>(getLockManagerToken()) };
}

describe("the lock", () => {
  test("is held while the method runs and free when it has settled", async () => {
    @Injectable()
    class Payments {
      constructor(@InjectLockManager() private readonly locks: LockManager) {}

      @Locked((orderId: string) => `order:${orderId}`)
      async settle(orderId: string) {
        return (await this.locks.inspect(`order:${orderId}`)) !== null;
      }
    }
    const { service, locks } = await start(Payments);

    expect(await service.settle("17")).toBe(true);
    expect(await locks.inspect("order:17")).toBeNull();
  });

  test("keeps calls with one key apart, in the order of their coming", async () => {
    const events: string[] = [];
    @Injectable()
    class Payments {
      @Locked("order:{0.id}")
      async settle(_order: { id: number }, name: string) {
        events.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} ends`);
      }
    }
    const { service } = await start(Payments);

    await Promise.all([service.settle({ id: 1 }, "a"), service.settle({ id: 1 }, "b")]);

    expect(events).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("covers all keys that a function gives, and the function may be async", async () => {
    @Injectable()
    class Accounts {
      @Locked(async (from: string, to: string) => [`account:${from}`, `account:${to}`])
      async transfer(_from: string, _to: string, _amount: number, @CurrentLease() lease?: Lease) {
        return lease?.keys;
      }
    }
    const { service } = await start(Accounts);

    expect(await service.transfer("b", "a", 5)).toEqual(["account:a", "account:b"]);
  });

  test("of several on one method, the top one is taken first and @CurrentLease() is the innermost", async () => {
    @Injectable()
    class Shows {
      constructor(@InjectLockManager() private readonly locks: LockManager) {}

      @Locked("outer")
      @Locked("inner")
      async change(@CurrentLease() lease?: Lease) {
        return [lease?.key, this.locks.currentLease()?.key, this.locks.currentLease("outer")?.key];
      }
    }
    const { service, locks } = await start(Shows);
    expect(await service.change()).toEqual(["inner", "inner", "outer"]);

    const lease = await locks.acquire("inner");
    const waiting = service.change();
    await vi.waitFor(() => expect(locks.stats().waiting).toBe(1));
    expect(await locks.tryAcquire("outer")).toBeNull();
    await lease.release();
    await waiting;
  });

  test("is that of the manager that is named", async () => {
    @Injectable()
    class Reports {
      @Locked("report", { manager: "slow" })
      async make() {}
    }
    const module = await startProviders({
      imports: [
        LockModule.forRoot({ nodes: [memoryNode()] }),
        LockModule.forRoot({ nodes: [memoryNode()], name: "slow" }),
      ],
      providers: [Reports],
    });

    await module.get(Reports).make();

    expect(module.get<LockManager>(getLockManagerToken()).stats().acquired).toBe(0);
    expect(module.get<LockManager>(getLockManagerToken("slow")).stats().acquired).toBe(1);
  });
});

describe("when somebody else holds the lock", () => {
  @Injectable()
  class Reports {
    ran = 0;

    @Locked("report", { waitMs: 0 })
    async strict() {
      this.ran += 1;
    }

    @Locked("report", { waitMs: 0, whenHeld: "skip" })
    async skipped() {
      this.ran += 1;
      return "made";
    }

    @Locked("report", { waitMs: 0, whenHeld: (error, args) => [error.code, ...args] })
    async answered(_year: number): Promise<unknown> {
      this.ran += 1;
      return "made";
    }

    @Locked("other", { whenHeld: "skip" })
    async inside() {
      await this.strict();
    }
  }

  test("the call rejects with ERR_LOCK_HELD, or is skipped, or a function gives its result", async () => {
    const { service, locks } = await start(Reports);
    await locks.acquire("report");

    await expect(service.strict()).rejects.toMatchObject({ code: "ERR_LOCK_HELD", key: "report" });
    expect(await service.skipped()).toBeUndefined();
    expect(await service.answered(2027)).toEqual(["ERR_LOCK_HELD", 2027]);
    expect(service.ran).toBe(0);
  });

  test("whenHeld is not asked for a held lock that the method itself ran into", async () => {
    const { service, locks } = await start(Reports);
    await locks.acquire("report");

    await expect(service.inside()).rejects.toMatchObject({ code: "ERR_LOCK_HELD", key: "report" });
  });

  test("whenHeld is not asked for other failures", async () => {
    const { service, locks } = await start(Reports);
    await locks.close();

    await expect(service.skipped()).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
  });
});

describe("keys", () => {
  @Injectable()
  class Orders {
    @Locked("order:{0}")
    async byPosition(_id?: unknown) {}

    @Locked((id: unknown) => id as string)
    async byFunction(_id: unknown) {}

    @Locked((): string => {
      throw new RangeError("no key today");
    })
    async failing() {}

    @Locked("order:{params.id}")
    async ofRequest() {}
  }

  test.each([undefined, null, "", {}, [], Number.NaN])(
    "from an argument that is no value are refused: %j",
    async (id) => {
      const { service } = await start(Orders);
      await expect(service.byPosition(id)).rejects.toMatchObject({
        code: "ERR_LOCK_INVALID_ARGUMENT",
        message: expect.stringContaining("{0}"),
      });
    },
  );

  test.each([undefined, "", [], [""], 5])("from a function that gave none are refused: %j", async (id) => {
    const { service } = await start(Orders);
    await expect(service.byFunction(id)).rejects.toMatchObject({ code: "ERR_LOCK_INVALID_ARGUMENT" });
  });

  test("pass on what a key function throws", async () => {
    const { service } = await start(Orders);
    await expect(service.failing()).rejects.toThrow(RangeError);
  });

  test("that read a request are refused where there is none", async () => {
    const { service } = await start(Orders);
    await expect(service.ofRequest()).rejects.toThrow(
      /Orders\.ofRequest reads \{params\} of an HTTP request/,
    );
  });
});

test("a test can put a manager of its own in the place of the real one, which is then never made", async () => {
  class Reports {
    @Locked("report")
    async make() {
      return "made";
    }
  }
  const withLock = vi.fn((_key: unknown, work: (lease: object) => unknown) => Promise.resolve(work({})));
  const module = await Test.createTestingModule({
    imports: [LockModule.forRoot({ nodes: ["redis://unreachable.invalid"] })],
    providers: [Reports],
  })
    .overrideProvider(getLockManagerToken())
    .useValue({ withLock })
    .compile();

  expect(await module.get(Reports).make()).toBe("made");
  expect(withLock).toHaveBeenCalledOnce();
  await module.close();
});
