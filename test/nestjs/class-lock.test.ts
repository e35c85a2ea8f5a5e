import {
  applyDecorators,
  Controller,
  Get,
  Injectable,
  type OnModuleDestroy,
  type OnModuleInit,
  Param,
} from "@nestjs/common";
import { type Lease, type LockManager, memoryNode } from "@redlock-kit/core";
import {
  CurrentLease,
  getLockManagerToken,
  InjectLockManager,
  Locked,
  LockModule,
  SkipLock,
} from "@redlock-kit/nestjs";
import { describe, expect, test, vi } from "vitest";
import { redisLocks, startApp, startProviders } from "./start-app.js";

class WithLocks {
  constructor(@InjectLockManager() readonly locks: LockManager) {}

  /** The keys that are held around the code that asks. */
  protected held(...keys: string[]): string[] {
    return keys.filter((key) => this.locks.currentLease(key) !== undefined);
  }
}

async function start<T>(Service: new (...args: never[]) => T) {
  const module = await startProviders({ providers: [Service] });
  return { service: module.get<T>(Service), locks: module.get<LockManager>(getLockManagerToken()) };
}

describe("@Locked on a provider's class", () => {
  const hooks: string[] = [];

  class Base extends WithLocks {
    inherited() {
      return this.locks.currentLease()?.key;
    }

    overridden() {
      return "base";
    }
  }

  @Injectable()
  @Locked("account:{0}", { waitMs: 0 })
  class Accounts extends Base implements OnModuleInit, OnModuleDestroy {
    onModuleInit() {
      hooks.push(`init under ${this.locks.currentLease()?.key}`);
    }

    onModuleDestroy() {
      hooks.push(`destroy under ${this.locks.currentLease()?.key}`);
    }

    get accessor() {
      return "plain";
    }

    override overridden(_id = "none") {
      return `sub under ${this.locks.currentLease()?.key}`;
    }

    async deposit(_id: string, @CurrentLease() lease?: Lease) {
      return lease?.key;
    }

    @Locked("audit")
    async audit(_id: string) {
      return [this.locks.currentLease("audit")?.key, this.locks.currentLease("account:7")?.key];
    }

    @SkipLock()
    async peek(_id: string) {
      return this.locks.currentLease()?.key;
    }

    async transfer(from: string, to: string) {
      return [await this.deposit(from), await this.deposit(to), this.locks.currentLease("account:7")?.key];
    }

    toJSON() {
      return { under: this.locks.currentLease()?.key ?? "no lock" };
    }

    static isHelper() {
      return true;
    }
  }

  test("covers its methods, and hands them the lease", async () => {
    const { service, locks } = await start(Accounts);
    expect(await service.deposit("7")).toBe("account:7");
    await locks.acquire("account:7");
    await expect(service.deposit("7")).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
    expect(await service.deposit("8")).toBe("account:8");
  });

  test("covers inherited methods, without touching the class that they come from", async () => {
    @Injectable()
    class Plain extends Base {}
    const { service } = await start(Accounts);
    const plain = (await startProviders({ providers: [Plain] })).get(Plain);
    expect(await (service.inherited as (id: string) => unknown)("7")).toBe("account:7");
    expect(plain.inherited()).toBeUndefined();
    await expect(service.overridden("7")).resolves.toBe("sub under account:7");
    expect(plain.overridden()).toBe("base");
  });

  test("enters the same lease again on a call within the class, and locks what has another key", async () => {
    const { service, locks } = await start(Accounts);
    expect(await service.transfer("7", "8")).toEqual(["account:7", "account:8", "account:7"]);
    expect(locks.stats()).toMatchObject({ acquired: 2, held: 0 });
  });

  test("is replaced by the lock of a method, and kept off by @SkipLock()", async () => {
    const { service, locks } = await start(Accounts);
    await locks.acquire("account:7");
    expect(await service.audit("7")).toEqual(["audit", undefined]);
    expect(await service.peek("7")).toBeUndefined();
  });

  test("leaves lifecycle hooks, accessors, static methods and what the language calls alone", async () => {
    hooks.length = 0;
    const module = await startProviders({ providers: [Accounts] });
    expect(module.get(Accounts).accessor).toBe("plain");
    expect(Accounts.isHelper()).toBe(true);
    expect(JSON.stringify(module.get(Accounts))).toBe('{"under":"no lock"}');
    await module.close();
    expect(hooks).toEqual(["init under undefined", "destroy under undefined"]);
  });

  test("gives no lease to an overriding method that does not ask for one", async () => {
    @Injectable()
    @Locked("branch")
    class Branch extends Accounts {
      override async deposit(id: string, note?: unknown) {
        return `${id} ${String(note)}`;
      }
    }
    const { service } = await start(Branch);
    expect(await service.deposit("7", "in cash")).toBe("7 in cash");
  });

  test("of a derived class replaces that of its base", async () => {
    @Injectable()
    @Locked("branch")
    class Branch extends Accounts {
      async both() {
        return this.held("branch", "account:7");
      }
    }
    const { service } = await start(Branch);
    expect(await service.deposit("7")).toBe("branch");
    expect(await service.both()).toEqual(["branch"]);
    expect(await service.audit("7")).toEqual(["audit", undefined]);
  });

  test("takes its key from a function of the arguments, too, and other options", async () => {
    @Injectable()
    @Locked((id: string) => `ledger:${id}`, { manager: "ledgers", whenHeld: "skip", waitMs: 0 })
    class Ledgers {
      async close(_id: string, @CurrentLease() lease?: Lease) {
        return lease?.key;
      }
    }
    const module = await startProviders({
      imports: [LockModule.forRoot({ name: "ledgers", nodes: [memoryNode()] })],
      providers: [Ledgers],
    });
    expect(await module.get(Ledgers).close("3")).toBe("ledger:3");
    await module.get<LockManager>(getLockManagerToken("ledgers")).acquire("ledger:3");
    expect(await module.get(Ledgers).close("3")).toBeUndefined();
  });
});

describe("@Locked on a controller's class", () => {
  @Controller("shows")
  @Locked("show:{params.id}", { waitMs: 0 })
  class Shows {
    constructor(@InjectLockManager() private readonly locks: LockManager) {}

    @Get(":id")
    async read(@Param("id") id: string) {
      return { key: this.locks.currentLease()?.key, summary: await this.summary(id) };
    }

    @Get(":id/summary")
    async summary(@Param("id") id: string) {
      return this.helper(id);
    }

    @SkipLock()
    @Get(":id/free")
    free(@Param("id") id: string) {
      return this.helper(id);
    }

    @applyDecorators(Get(":id/own"), Locked("own:{0}"))
    own(@Param("id") id: string) {
      return this.helper(id);
    }

    helper(id: string) {
      return `${id} under ${this.locks.currentLease()?.key}`;
    }
  }

  test("covers the route handlers and nothing else, on real Redis", async () => {
    const { url, locks } = await startApp({ controllers: [Shows], imports: [await redisLocks()] });
    const get = async (path: string) => (await fetch(url + path)).text();

    expect(JSON.parse(await get("/shows/3"))).toEqual({ key: "show:3", summary: "3 under show:3" });
    expect(await get("/shows/3/free")).toBe("3 under undefined");
    expect(await get("/shows/3/own")).toBe("3 under own:3");

    const lease = await locks.acquire("show:3");
    expect((await fetch(`${url}/shows/3`)).status).toBe(423);
    expect(await get("/shows/3/free")).toBe("3 under undefined");
    await lease.release();
    await vi.waitFor(async () => expect((await fetch(`${url}/shows/3/summary`)).status).toBe(200));
  });

  test("leaves helpers as they were: not even a promise comes back", async () => {
    expect(new Shows({ currentLease: () => undefined } as unknown as LockManager).helper("x")).toBe(
      "x under undefined",
    );
  });
});
