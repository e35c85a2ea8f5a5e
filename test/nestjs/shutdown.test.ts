import { Controller, Get, Injectable, type OnModuleDestroy, Post, Sse } from "@nestjs/common";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { createLockManager, type Lease, type LockManager, memoryNode } from "@redlock-kit/core";
import {
  CurrentLease,
  getLockManagerToken,
  InjectLockManager,
  Locked,
  LockModule,
} from "@redlock-kit/nestjs";
import { interval, map, Observable, Subject } from "rxjs";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { platforms, startApp, startProviders } from "./start-app.js";

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

  test("a call that runs keeps its lock to its end, and one of a lifecycle hook still gets its own", async () => {
    const [started, finish] = [new Gate(), new Gate()];
    @Injectable()
    class Reports implements OnModuleDestroy {
      readonly flushed = vi.fn();

      @Locked("report")
      async make(@CurrentLease() lease?: Lease) {
        started.open();
        await finish.opened;
        return lease?.valid;
      }

      @Locked("flush")
      async flush(@CurrentLease() lease?: Lease) {
        this.flushed(lease?.valid);
      }

      async onModuleDestroy() {
        // The end of the test closes once more.
        if (this.flushed.mock.calls.length === 0) await this.flush();
      }
    }
    const module = await startProviders({ providers: [Reports] });
    const locks = module.get<LockManager>(getLockManagerToken());
    const reports = module.get(Reports);
    const made = reports.make();
    await started.opened;

    const closed = module.close();
    await vi.waitFor(() =>
      expect(locks.tryAcquire("other")).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" }),
    );
    expect(reports.flushed).toHaveBeenCalledWith(true);
    expect(locks.stats().held).toBe(1);
    finish.open();

    expect(await made).toBe(true);
    await closed;
    expect(locks.stats().held).toBe(0);
  });

  test("what a subscriber observes goes on under its lock, and is waited for", async () => {
    @Injectable()
    class Feeds {
      readonly source = new Subject<number>();

      @Locked("cold")
      cold(): Observable<number> {
        return this.source;
      }

      @Locked("promised")
      async promised() {
        return this.source;
      }
    }
    const module = await startProviders({ providers: [Feeds] });
    const [feeds, locks] = [module.get(Feeds), module.get<LockManager>(getLockManagerToken())];
    const values: number[] = [];
    feeds.cold().subscribe((value) => values.push(value));
    (await feeds.promised()).subscribe((value) => values.push(value));
    await vi.waitFor(() => expect(locks.stats().held).toBe(2));

    let isClosed = false;
    const closed = module.close().then(() => (isClosed = true));
    await vi.waitFor(() =>
      expect(locks.tryAcquire("other")).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" }),
    );
    feeds.source.next(1);
    expect([isClosed, locks.stats().held]).toEqual([false, 2]);
    feeds.source.complete();

    await closed;
    expect(values).toEqual([1, 1]);
  });
});

const draining = { ...platforms, Fastify: () => new FastifyAdapter() };

describe.each(Object.entries(draining))("on shutdown of %s", (_name, platform) => {
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
    const { app, url, locks } = await startApp({ controllers: [Reports] }, platform, "drained");
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

describe.each(Object.entries(platforms))(
  "on shutdown of %s, whose connections are cut",
  (_name, platform) => {
    test("feeds end, and so does the application", async () => {
      @Controller()
      class Feeds {
        @Sse("declared")
        @Locked("declared")
        declared(): Observable<object> {
          return interval(20).pipe(map((data) => ({ data })));
        }

        @Get("generated")
        @Locked("generated")
        generated() {
          return ticks();
        }
      }
      async function* ticks() {
        for (;;) {
          yield "tick ";
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
      const { app, url, locks } = await startApp({ controllers: [Feeds] }, platform);
      const feed = await fetch(`${url}/declared`);
      const generated = await fetch(`${url}/generated`).then(({ body }) => body);

      await app.close();

      expect(locks.stats().held).toBe(0);
      await Promise.allSettled([feed.text(), generated?.cancel()]);
    });
  },
);
