import { isLockError, type LockManager } from "@redlock-kit/core";
import { grantingLockManager, manualClock, refusingLockManager } from "@redlock-kit/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";

function closing(locks: LockManager): LockManager {
  onTestFinished(() => locks.close());
  return locks;
}

describe("the manager that always grants", () => {
  const granting = (...options: Parameters<typeof grantingLockManager>) =>
    closing(grantingLockManager(...options));

  test("grants a lock that is held, each time with a token and a higher fencing token of its own", async () => {
    const locks = granting();
    const leases = await Promise.all([1, 2, 3].map(() => locks.acquire("seat:1")));
    expect(leases.every(({ valid }) => valid)).toBe(true);
    expect(new Set(leases.map(({ token }) => token)).size).toBe(3);
    const fences = leases.map(({ fencingToken }) => fencingToken);
    expect(fences).toEqual([...fences].sort((a, b) => a - b));
    expect(new Set(fences).size).toBe(3);
    expect(await locks.tryAcquire(["seat:1", "seat:2"])).toMatchObject({
      keys: ["seat:1", "seat:2"],
      valid: true,
    });
    expect(await locks.withLock("seat:1", () => "done")).toBe("done");
  });

  test("knows the leases that it gave: a second release says false, a foreign token is no holder", async () => {
    const locks = granting();
    const [a, b] = [await locks.acquire("seat:1"), await locks.acquire("seat:1")];
    expect(await locks.release("seat:1", a.token)).toBe(true);
    expect(await locks.release("seat:1", a.token)).toBe(false);
    expect(b.valid).toBe(true);
    expect(await b.extend(60_000)).toBe(b);
    await expect(locks.extend("seat:1", a.token, 5_000)).rejects.toMatchObject({
      code: "ERR_LOCK_NOT_HOLDER",
    });
  });

  test("lets its leases expire by the clock that it is given", async () => {
    const clock = manualClock();
    const locks = granting({ clock, ttlMs: 1_000, autoExtend: false });
    const lease = await locks.acquire("seat:1");
    await clock.advance(1_000);
    expect(lease.valid).toBe(false);
    expect(isLockError(lease.signal.reason, "ERR_LOCK_LOST")).toBe(true);
    expect(await lease.release()).toBe(false);
  });

  test("shows operators the latest lease, and lets them break it", async () => {
    const locks = granting();
    await locks.acquire("seat:1");
    const latest = await locks.acquire("seat:1");
    expect(await locks.inspect("seat:1")).toMatchObject({
      token: latest.token,
      fencingToken: latest.fencingToken,
    });
    expect(await locks.forceRelease("seat:1")).toBe(true);
    expect(await locks.forceRelease("seat:1")).toBe(false);
    expect(await locks.inspect("seat:1")).toBeNull();
  });

  test("still says so when code asks for the lock that it already holds", async () => {
    const locks = granting();
    await locks.withLock("seat:1", async () => {
      await expect(locks.acquire("seat:1")).rejects.toMatchObject({ code: "ERR_LOCK_NESTED" });
    });
  });
});

describe("the manager that always refuses", () => {
  const refusing = (...code: Parameters<typeof refusingLockManager>) => closing(refusingLockManager(...code));

  test("says that somebody else holds every lock, at once and however long one would wait", async () => {
    const locks = refusing();
    const since = performance.now();
    await expect(locks.acquire("seat:1", { waitMs: 60_000 })).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
      key: "seat:1",
      retryAfterMs: expect.any(Number),
    });
    expect(await locks.tryAcquire("seat:1")).toBeNull();
    await expect(locks.withLock("seat:1", () => "never", { waitMs: 60_000 })).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
    });
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  test("lets nobody release, extend or break what the other holds", async () => {
    const locks = refusing();
    await expect(locks.release("seat:1", "t")).rejects.toMatchObject({ code: "ERR_LOCK_NOT_HOLDER" });
    await expect(locks.extend("seat:1", "t", 5_000)).rejects.toMatchObject({ code: "ERR_LOCK_NOT_HOLDER" });
    expect(await locks.forceRelease("seat:1")).toBe(true);
    expect(await locks.inspect("seat:1")).toMatchObject({ key: "seat:1" });
    expect(await locks.tryAcquire("seat:1")).toBeNull();
  });

  test("says that no node can be reached, if that is wanted", async () => {
    const locks = refusing("ERR_LOCK_UNAVAILABLE");
    const refused = await Promise.allSettled([
      locks.acquire("seat:1", { waitMs: 60_000 }),
      locks.tryAcquire("seat:1"),
      locks.withLock("seat:1", () => "never"),
      locks.release("seat:1", "t"),
      locks.extend("seat:1", "t", 5_000),
      locks.inspect("seat:1"),
      locks.forceRelease("seat:1"),
    ]);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ERR_LOCK_UNAVAILABLE" } });
    }
    expect(locks.stats().nodes).toMatchObject([{ state: "disconnected", voting: false }]);
  });

  test("refuses with nothing else", () => {
    expect(() => refusingLockManager("ERR_LOCK_LOST" as "ERR_LOCK_HELD")).toThrow(
      expect.objectContaining({
        code: "ERR_LOCK_INVALID_ARGUMENT",
        message: expect.stringContaining("code must be"),
      }),
    );
  });
});
