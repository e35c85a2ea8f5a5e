import { once } from "node:events";
import type { Lease, LockManager } from "@redlock-kit/core";
import { CurrentLease, getLockManagerToken, Locked } from "@redlock-kit/nestjs";
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

describe("an Observable that is promised", () => {
  class Feeds {
    source: Observable<unknown> = of(1, 2);

    @Locked("feed")
    async open(): Promise<Observable<unknown>> {
      return this.source;
    }

    @Locked("feed", { ttlMs: 50, maxHoldMs: 100 })
    async openAtMost(): Promise<Observable<unknown>> {
      return this.source;
    }

    lease: Lease | undefined;

    @Locked("feed", { ttlMs: 50, autoExtend: false })
    async openBriefly(@CurrentLease() lease?: Lease): Promise<Observable<unknown>> {
      this.lease = lease;
      return this.source;
    }
  }

  async function start() {
    const module = await startProviders({ providers: [Feeds] });
    return { service: module.get(Feeds), locks: module.get<LockManager>(getLockManagerToken()) };
  }

  test("holds the lock until it completes", async () => {
    const { service, locks } = await start();
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
    const { service, locks } = await start();
    const error = new Error("mine");
    service.source = concat(
      of(1),
      throwError(() => error),
    );

    await expect(lastValueFrom(await service.open())).rejects.toBe(error);
    expect(await locks.inspect("feed")).toBeNull();
  });

  test("holds the lock until its last subscriber leaves", async () => {
    const { service, locks } = await start();
    service.source = NEVER;
    const feed = await service.open();
    const [first, second] = [feed.subscribe(), feed.subscribe()];

    first.unsubscribe();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await locks.tryAcquire("feed")).toBeNull();
    second.unsubscribe();

    await vi.waitFor(async () => expect(await locks.inspect("feed")).toBeNull());
  });

  test("that nobody subscribes to keeps the lock for maxHoldMs, if that is given", async () => {
    const { service, locks } = await start();
    const feed = await service.openAtMost();
    expect(locks.stats().held).toBe(1);
    await (await locks.acquire("feed", { waitMs: 15_000 })).release();
    await expect(lastValueFrom(feed)).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
    // Nothing is left that this would wait for.
    await locks.close({ graceMs: Infinity });
  });

  test("runs inside of the lease", async () => {
    const { service, locks } = await start();
    service.source = defer(() => of(locks.currentLease()?.key));

    expect(await firstValueFrom(await service.open())).toBe("feed");
  });

  test("refuses a subscription that comes after its lock was released", async () => {
    const { service } = await start();
    const feed = await service.open();
    await lastValueFrom(feed);

    await expect(lastValueFrom(feed)).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
  });

  test("tells of a lease that was lost meanwhile", async () => {
    const { service } = await start();
    const subject = new Subject<number>();
    service.source = subject;
    const values = lastValueFrom(await service.openBriefly());

    await once(service.lease?.signal as AbortSignal, "abort");
    subject.complete();

    await expect(values).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
  });

  test("that fails tells its own error, although its lease was lost", async () => {
    const { service } = await start();
    const subject = new Subject<number>();
    service.source = subject;
    const values = lastValueFrom(await service.openBriefly());

    await once(service.lease?.signal as AbortSignal, "abort");
    const error = new Error("mine");
    subject.error(error);

    await expect(values).rejects.toBe(error);
  });
});
