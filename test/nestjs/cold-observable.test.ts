import { AsyncLocalStorage } from "node:async_hooks";
import { Controller, Get, Injectable } from "@nestjs/common";
import { type Lease, type LockManager } from "@redlock-kit/core";
import { CurrentLease, getLockManagerToken, InjectLockManager, Locked } from "@redlock-kit/nestjs";
import {
  defer,
  EMPTY,
  finalize,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  Subject,
  toArray,
} from "rxjs";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { platforms, redisLocks, startApp, startProviders } from "./start-app.js";

const tenant = new AsyncLocalStorage<string>();

@Injectable()
class Feeds {
  opened = 0;
  readonly ready = new Gate();
  source: Observable<unknown> = of(1, 2);

  constructor(@InjectLockManager() private readonly locks: LockManager) {}

  @Locked("feed:{0}", { waitMs: 0 })
  open(_name: string, @CurrentLease() _lease?: Lease): Observable<unknown> {
    this.opened += 1;
    return this.source;
  }

  @Locked("feed:x", { returns: "observable" })
  undeclared() {
    return this.source;
  }

  @Locked("feed:x")
  inside(): Observable<unknown> {
    return of(this.locks.currentLease()?.key, tenant.getStore());
  }

  @Locked("outer", { waitMs: 0 })
  @Locked("feed:x", { returns: "observable" })
  nested() {
    return this.source;
  }

  @Locked("feed:x", { returns: "observable" })
  async late() {
    await this.ready.opened;
    return defer(() => of((this.opened += 1)));
  }

  @Locked("feed:x")
  failing(): Observable<unknown> {
    throw new RangeError("mine");
  }

  @Locked("feed:x", { waitMs: Infinity })
  patient(): Observable<unknown> {
    this.opened += 1;
    return EMPTY;
  }

  @Locked("feed:x", { waitMs: 0, whenHeld: "skip" })
  skipped(): Observable<unknown> {
    return this.source;
  }

  @Locked("feed:x", { waitMs: 0, whenHeld: () => of("cached", "values") })
  answered(): Observable<unknown> {
    return this.source;
  }

  @Locked("feed:x", { ttlMs: 50, autoExtend: false })
  brief(@CurrentLease() lease?: Lease): Observable<unknown> {
    return new Observable((subscriber) => {
      lease?.signal.addEventListener("abort", () => subscriber.complete());
    });
  }
}

async function start() {
  const module = await startProviders({ providers: [Feeds] });
  return { feeds: module.get(Feeds), locks: module.get<LockManager>(getLockManagerToken()) };
}

describe("a method whose declared return type is an Observable", () => {
  test("still returns one, which is cold: neither the lock nor the method is touched before a subscription", async () => {
    const { feeds, locks } = await start();
    const feed = feeds.open("x");
    expect(feed).toBeInstanceOf(Observable);
    await new Promise((resolve) => setImmediate(resolve));
    expect([feeds.opened, locks.stats().acquired]).toEqual([0, 0]);
    expect(await lastValueFrom(feed.pipe(toArray()))).toEqual([1, 2]);
    expect([feeds.opened, locks.stats().acquired]).toEqual([1, 1]);
  });

  test("locks and is called anew for each subscription", async () => {
    const { feeds, locks } = await start();
    feeds.source = NEVER;
    const feed = feeds.open("x");
    const first = feed.subscribe();
    await vi.waitFor(() => expect(locks.stats().held).toBe(1));
    await expect(lastValueFrom(feed)).rejects.toMatchObject({ code: "ERR_LOCK_HELD", key: "feed:x" });
    first.unsubscribe();
    await vi.waitFor(() => expect(locks.stats().held).toBe(0));
    feeds.source = of(3);
    expect(await lastValueFrom(feed)).toBe(3);
  });

  test("holds the lock until it completes, and completes when that is free", async () => {
    const { feeds, locks } = await start();
    const subject = new Subject<number>();
    feeds.source = subject;
    const values = lastValueFrom(feeds.open("x"));
    await vi.waitFor(() => expect(subject.observed).toBe(true));
    subject.next(1);
    expect(await locks.inspect("feed:x")).not.toBeNull();
    subject.complete();
    expect(await values).toBe(1);
    expect(await locks.inspect("feed:x")).toBeNull();
  });

  test("passes on errors unchanged, also one that is thrown before there is an Observable", async () => {
    const { feeds, locks } = await start();
    const error = new Error("mine");
    const subject = new Subject<number>();
    feeds.source = subject;
    const values = lastValueFrom(feeds.open("x"));
    await vi.waitFor(() => expect(subject.observed).toBe(true));
    subject.error(error);
    await expect(values).rejects.toBe(error);
    await expect(lastValueFrom(feeds.failing())).rejects.toThrow(RangeError);
    expect(locks.stats().held).toBe(0);
  });

  test("whose subscriber leaves is torn down first and unlocked then", async () => {
    const { feeds, locks } = await start();
    const atTeardown = vi.fn();
    const tearDown = () => atTeardown(locks.stats().held);
    feeds.source = new Observable((subscriber) => subscriber.next("first")).pipe(finalize(tearDown));
    await firstValueFrom(feeds.open("x"));
    expect(atTeardown).toHaveBeenCalledWith(1);
    await vi.waitFor(() => expect(locks.stats().held).toBe(0));
  });

  test("whose subscriber leaves while it waits for the lock never calls the method", async () => {
    const { feeds, locks } = await start();
    const lease = await locks.acquire("feed:x");
    const waiting = feeds.patient().subscribe();
    await vi.waitFor(() => expect(locks.stats().waiting).toBe(1));
    waiting.unsubscribe();
    await vi.waitFor(() => expect(locks.stats().waiting).toBe(0));
    await lease.release();
    expect([feeds.opened, locks.stats().held]).toEqual([0, 0]);
  });

  test("whose subscriber leaves while the method makes it is never subscribed to", async () => {
    const { feeds, locks } = await start();
    const leaving = (feeds.late() as unknown as Observable<unknown>).subscribe();
    await vi.waitFor(() => expect(locks.stats().held).toBe(1));
    leaving.unsubscribe();
    feeds.ready.open();
    await vi.waitFor(() => expect(locks.stats().held).toBe(0));
    expect(feeds.opened).toBe(0);
  });

  test("under several locks takes them all at a subscription, and gives them back at its end", async () => {
    const { feeds, locks } = await start();
    const subject = new Subject<number>();
    feeds.source = subject;
    const feed = feeds.nested();
    expect(feed).toBeInstanceOf(Observable);
    const values = lastValueFrom(feed);
    await vi.waitFor(() => expect(subject.observed).toBe(true));
    expect([await locks.tryAcquire("outer"), await locks.tryAcquire("feed:x")]).toEqual([null, null]);
    await expect(lastValueFrom(feed)).rejects.toMatchObject({ code: "ERR_LOCK_HELD", key: "outer" });
    subject.next(1);
    subject.complete();
    expect(await values).toBe(1);
    expect(locks.stats().held).toBe(0);
  });

  test("runs inside of the lease and in the async context of the call", async () => {
    const { feeds } = await start();
    const feed = tenant.run("acme", () => feeds.inside());
    expect(await lastValueFrom(feed.pipe(toArray()))).toEqual(["feed:x", "acme"]);
  });

  test("emits what whenHeld gives: undefined, a value, or the values of an Observable", async () => {
    const { feeds, locks } = await start();
    await locks.acquire("feed:x");
    expect(await lastValueFrom(feeds.skipped().pipe(toArray()))).toEqual([undefined]);
    expect(await lastValueFrom(feeds.answered().pipe(toArray()))).toEqual(["cached", "values"]);
  });

  test("tells of a lease that was lost meanwhile", async () => {
    const { feeds } = await start();
    await expect(lastValueFrom(feeds.brief())).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
  });
});

test('returns: "observable" says so where the compiler did not', async () => {
  const { feeds } = await start();
  const feed: unknown = feeds.undeclared();
  expect(feed).toBeInstanceOf(Observable);
  expect(await lastValueFrom(feed as Observable<unknown>)).toBe(2);
});

test.each(Object.entries(platforms))(
  "a handler that returns one is answered with its last value, or with 423 (%s, real Redis)",
  async (_name, platform) => {
    @Controller()
    class FeedController {
      @Get("feed/:name")
      @Locked("feed:{params.name}", { waitMs: 0 })
      read(): Observable<{ seats: number }> {
        return of({ seats: 1 }, { seats: 2 });
      }
    }
    const metadata = { controllers: [FeedController], imports: [await redisLocks()] };
    const { url, locks } = await startApp(metadata, platform);

    expect(await (await fetch(`${url}/feed/x`)).json()).toEqual({ seats: 2 });
    await locks.acquire("feed:x");
    const refused = await fetch(`${url}/feed/x`);
    expect(refused.status).toBe(423);
    expect(await refused.json()).toMatchObject({ code: "ERR_LOCK_HELD" });
  },
);
