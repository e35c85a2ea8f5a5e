import { once } from "node:events";
import { Injectable, Scope, SetMetadata } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { Test } from "@nestjs/testing";
import { isLockError, type Lease, type LockManager, memoryNode } from "@redlock-kit/core";
import {
  CurrentLease,
  getLockManagerToken,
  InjectLockManager,
  Locked,
  LockModule,
} from "@redlock-kit/nestjs";
import {
  concat,
  defer,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  type Observable,
  of,
  Subject,
  throwError,
} from "rxjs";
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

  test("works in a request-scoped provider, and in ones that a factory made or that are values", async () => {
    class Report {
      @Locked("report")
      async make(@CurrentLease() lease?: Lease) {
        return lease?.key;
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Report {}
    const module = await startProviders({
      providers: [
        PerRequest,
        { provide: "made", useFactory: () => new Report() },
        { provide: "value", useValue: new Report() },
      ],
    });

    expect(await (await module.resolve(PerRequest)).make()).toBe("report");
    expect(await module.get<Report>("made").make()).toBe("report");
    expect(await module.get<Report>("value").make()).toBe("report");
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

describe("what stays as it was", () => {
  const Above = SetMetadata("above", 1);
  const Below = SetMetadata("below", 2);

  class Service {
    readonly greeting = "hello";

    @Above
    @Locked("greet")
    @Below
    async greet(name: string, _loud: boolean) {
      return `${this.greeting} ${name}`;
    }

    @Locked("fail")
    async fail(error: unknown) {
      throw error;
    }

    @Locked("count")
    count() {
      return 3;
    }
  }

  test("name, arity, and the metadata of the decorators above and below", () => {
    const greet = Service.prototype["greet"] as () => unknown;
    expect(greet.name).toBe("greet");
    expect(greet.length).toBe(2);
    expect(new Reflector().get("above", greet)).toBe(1);
    expect(new Reflector().get("below", greet)).toBe(2);
    expect(Reflect.getMetadata("design:paramtypes", Service.prototype, "greet")).toEqual([String, Boolean]);
  });

  test("`this`, arguments and result", async () => {
    const { service } = await start(Service);
    expect(await service.greet("Ada", true)).toBe("hello Ada");
  });

  test("the very error that is thrown, whatever it is", async () => {
    const { service } = await start(Service);
    const error = new TypeError("mine");
    await expect(service.fail(error)).rejects.toBe(error);
    await expect(service.fail("no error at all")).rejects.toBe("no error at all");
  });

  test("the value of a method that returned no promise, now in one", async () => {
    const { service } = await start(Service);
    const counted: unknown = service.count();
    expect(counted).toBeInstanceOf(Promise);
    expect(await (counted as Promise<number>)).toBe(3);
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

describe("mistakes are told when the class is defined", () => {
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
    ["a property", () => (Locked("report") as unknown as PropertyDecorator)({}, "make"), /it is for methods/],
  ];

  test.each(mistakes)("%s", (_what, declare, message) => {
    expect(declare).toThrow(message);
    expect(declare).toThrow(expect.toSatisfy((error) => isLockError(error, "ERR_LOCK_INVALID_ARGUMENT")));
  });
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

  test("an instance that Nest did not make says what it lacks", async () => {
    await expect(new Reports().make()).rejects.toThrow(
      /Reports\.make is @Locked.*import LockModule\.forRoot/,
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

describe("a returned Observable", () => {
  class Feeds {
    source: Observable<unknown> = of(1, 2);

    @Locked("feed")
    async open(): Promise<Observable<unknown>> {
      return this.source;
    }

    lease: Lease | undefined;

    @Locked("feed", { ttlMs: 50, autoExtend: false })
    async openBriefly(@CurrentLease() lease?: Lease): Promise<Observable<unknown>> {
      this.lease = lease;
      return this.source;
    }
  }

  test("holds the lock until it completes", async () => {
    const { service, locks } = await start(Feeds);
    const subject = new Subject<number>();
    service.source = subject;
    const values = lastValueFrom(await service.open());

    subject.next(1);
    expect(await locks.tryAcquire("feed")).toBeNull();
    subject.next(2);
    subject.complete();

    expect(await values).toBe(2);
    expect(await locks.inspect("feed")).toBeNull();
  });

  test("holds the lock until it fails, and its error arrives unchanged", async () => {
    const { service, locks } = await start(Feeds);
    const error = new Error("mine");
    service.source = concat(
      of(1),
      throwError(() => error),
    );

    await expect(lastValueFrom(await service.open())).rejects.toBe(error);
    expect(await locks.inspect("feed")).toBeNull();
  });

  test("holds the lock until its last subscriber leaves", async () => {
    const { service, locks } = await start(Feeds);
    service.source = NEVER;
    const feed = await service.open();
    const [first, second] = [feed.subscribe(), feed.subscribe()];

    first.unsubscribe();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await locks.tryAcquire("feed")).toBeNull();
    second.unsubscribe();

    await vi.waitFor(async () => expect(await locks.inspect("feed")).toBeNull());
  });

  test("runs inside of the lease", async () => {
    const { service, locks } = await start(Feeds);
    service.source = defer(() => of(locks.currentLease()?.key));

    expect(await firstValueFrom(await service.open())).toBe("feed");
  });

  test("refuses a subscription that comes after its lock was released", async () => {
    const { service } = await start(Feeds);
    const feed = await service.open();
    await lastValueFrom(feed);

    await expect(lastValueFrom(feed)).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
  });

  test("tells of a lease that was lost meanwhile", async () => {
    const { service } = await start(Feeds);
    const subject = new Subject<number>();
    service.source = subject;
    const values = lastValueFrom(await service.openBriefly());

    await once(service.lease?.signal as AbortSignal, "abort");
    subject.complete();

    await expect(values).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
  });

  test("that fails tells its own error, although its lease was lost", async () => {
    const { service } = await start(Feeds);
    const subject = new Subject<number>();
    service.source = subject;
    const values = lastValueFrom(await service.openBriefly());

    await once(service.lease?.signal as AbortSignal, "abort");
    const error = new Error("mine");
    subject.error(error);

    await expect(values).rejects.toBe(error);
  });
});
