import { Injectable, Module } from "@nestjs/common";
import { Test } from "@nestjs/testing";
import type { Lease, LockManager } from "@redlock-kit/core";
import { manualClock, refusingLockManager } from "@redlock-kit/core/testing";
import { CurrentLease, getLockManagerToken, Locked, LockModule } from "@redlock-kit/nestjs";
import { LockTestingModule, LockTester } from "@redlock-kit/nestjs/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { startProviders } from "./start-app.js";

@Injectable()
class Payments {
  readonly finish = new Gate();

  @Locked("order:{0}")
  async settle(orderId: string, @CurrentLease() lease?: Lease) {
    return [orderId, lease?.key];
  }

  @Locked(["order:{0}", "audit"])
  async slow(_orderId: string, @CurrentLease() lease?: Lease) {
    await this.finish.opened;
    return lease?.signal.aborted;
  }
}

async function start(options?: Parameters<typeof LockTestingModule.forRoot>[0]) {
  const module = await startProviders({
    imports: [LockTestingModule.forRoot(options)],
    providers: [Payments],
  });
  return { module, payments: module.get(Payments), locks: module.get(LockTester) };
}

describe("LockTestingModule", () => {
  test("locks in memory", async () => {
    const { payments, locks } = await start();
    expect(await payments.settle("7")).toEqual(["7", "order:7"]);
    expect(await locks.isHeld("order:7")).toBe(false);
  });

  test("lets a test hold a lock as somebody else, and give it back", async () => {
    const { payments, locks } = await start({ waitMs: 0 });
    await locks.hold("order:7");
    expect(await locks.isHeld("order:7")).toBe(true);
    expect(locks.manager.stats().held).toBe(0);
    await expect(payments.settle("7")).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
    await locks.release("order:7");
    expect(await payments.settle("7")).toEqual(["7", "order:7"]);
  });

  test("gives what somebody else releases to who waits for it", async () => {
    const { payments, locks } = await start();
    await locks.hold(["order:7", "order:8"]);
    const settled = payments.settle("7");
    await vi.waitFor(() => expect(locks.manager.stats().waiting).toBe(1));
    await locks.release();
    expect(await settled).toEqual(["7", "order:7"]);
  });

  test("takes a lock away from the code that holds it: the signal aborts at once, and the call rejects", async () => {
    const { payments, locks } = await start();
    const result = payments.slow("7");
    result.catch(() => {});
    await vi.waitFor(async () => expect(await locks.isHeld("audit")).toBe(true));
    await locks.lose(["order:7", "audit"]);
    expect(await locks.isHeld("audit")).toBe(false);
    payments.finish.open();
    await expect(result).rejects.toMatchObject({ code: "ERR_LOCK_LOST", result: true });
    await expect(locks.lose("audit")).rejects.toThrow(/nobody holds "audit"/);
  });

  test("takes a manual clock, by which waiting and leases are measured", async () => {
    const clock = manualClock();
    const { payments, locks } = await start({ clock, waitMs: 60_000 });
    await locks.hold("order:7");
    const settled = payments.settle("7");
    settled.catch(() => {});
    await clock.advance(60_000);
    await expect(settled).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });

    await locks.manager.acquire("order:8", { ttlMs: 1_000, autoExtend: false });
    await clock.advance(999);
    expect(await locks.isHeld("order:8")).toBe(true);
    await clock.advance(1);
    expect(await locks.isHeld("order:8")).toBe(false);
  });

  test("closes its managers with the application", async () => {
    const { module, locks } = await start();
    await module.close();
    await expect(locks.manager.acquire("order:7")).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
    await expect(locks.hold("order:7")).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
  });
});

test("LockTester takes the place of the manager in a test of a whole application", async () => {
  @Module({
    imports: [LockModule.forRoot({ nodes: ["redis://unreachable.invalid"] })],
    providers: [Payments],
  })
  class AppModule {}
  const locks = new LockTester({ waitMs: 0 });
  onTestFinished(() => locks.close());
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(getLockManagerToken())
    .useValue(locks.manager)
    .compile();
  onTestFinished(() => module.close());
  await locks.hold("order:7");
  await expect(module.get(Payments).settle("7")).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
});

test("several managers: a module of each name, with locks of their own", async () => {
  const slow = new LockTester();
  onTestFinished(() => slow.close());
  const module = await startProviders({
    imports: [LockTestingModule.forRoot(), LockModule.forRoot({ name: "slow", manager: slow.manager })],
  });
  await slow.hold("report");
  expect(await module.get(LockTester).isHeld("report")).toBe(false);
  expect(module.get<LockManager>(getLockManagerToken("slow"))).toBe(slow.manager);
});

test("the managers of the core that always refuse fit in, too", async () => {
  const module = await startProviders({
    imports: [LockModule.forRoot({ manager: refusingLockManager() })],
    providers: [Payments],
  });
  await expect(module.get(Payments).settle("7")).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
});
