/*
 * The `lockmanager` of a Go service library, told again: a service depends on two functions, acquire and release, and
 * not on a lock library; what stands behind them is Redis in production and its twin in memory in tests. Our manager
 * fits behind them in a few lines, and both kinds of node behave alike.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  createLockManager,
  fixedDelay,
  isLockError,
  limitAttempts,
  type LockManagerOptions,
  memoryNode,
} from "@redlock-kit/core";
import { grantingLockManager, manualClock, refusingLockManager } from "@redlock-kit/core/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lockManager, redisServer } from "../support/this-test.js";

/** A fifth of it is the deadline of a node, which must be longer than any pause of a busy machine. */
const SHORT_MS = 1_500;

/** All that the service knows of locks. */
interface Locker {
  /** Resolves with the token. Given a token that holds the key already, it makes the lock last `ttlMs` from now. */
  acquire(key: string, ttlMs: number, token?: string): Promise<string>;
  /** Harmless for a lock that is over; an error for somebody else's. */
  release(key: string, token: string): Promise<void>;
}

function lockerOf(locks: Pick<ReturnType<typeof createLockManager>, "acquire" | "release">): Locker {
  return {
    async acquire(key, ttlMs, token) {
      return (await locks.acquire(key, { ttlMs, token, autoExtend: false })).token;
    },
    async release(key, token) {
      await locks.release(key, token);
    },
  };
}

interface Backend {
  /** Another process's locker over the same node. */
  readonly locker: (options?: Partial<LockManagerOptions>) => Locker;
  readonly pass: (ms: number) => Promise<void>;
}

const backends: Record<string, () => Promise<Backend> | Backend> = {
  async Redis() {
    const { url } = await redisServer();
    return {
      locker: (options) => lockerOf(lockManager({ waitMs: 0, ...options, nodes: [url] })),
      pass: (ms) => sleep(ms),
    };
  },
  memory() {
    const clock = manualClock();
    const node = memoryNode({ clock });
    return {
      locker: (options) => lockerOf(lockManager({ waitMs: 0, ...options, nodes: [node], clock })),
      pass: (ms) => clock.advance(ms),
    };
  },
};

describe.each(Object.entries(backends))("in %s", (_name, start) => {
  test("who acquires gets a token, and nobody else gets the lock", async () => {
    const { locker } = await start();
    const token = await locker().acquire("order:7", 10_000);
    expect(token).not.toBe("");
    await expect(locker().acquire("order:7", 10_000)).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
      key: "order:7",
    });
    await expect(locker().acquire("order:8", 10_000)).resolves.not.toBe(token);
  });

  test("who releases lets the next one in", async () => {
    const { locker } = await start();
    const [ours, theirs] = [locker(), locker()];
    await ours.release("order:7", await ours.acquire("order:7", 10_000));
    await expect(theirs.acquire("order:7", 10_000)).resolves.toEqual(expect.any(String));
  });

  test("a lock ends with its ttl", async () => {
    const { locker, pass } = await start();
    const [ours, theirs] = [locker(), locker()];
    await ours.acquire("order:7", SHORT_MS);
    await pass(SHORT_MS + 50);
    await expect(theirs.acquire("order:7", 10_000)).resolves.toEqual(expect.any(String));
  });

  test("the same token again extends the lock, from the same process or another", async () => {
    const { locker, pass } = await start();
    const [ours, theirs, strangers] = [locker(), locker(), locker()];
    const token = await ours.acquire("order:7", SHORT_MS);
    expect(await ours.acquire("order:7", SHORT_MS + 100, token)).toBe(token);
    expect(await theirs.acquire("order:7", 10_000, token)).toBe(token);
    await pass(SHORT_MS + 150);
    await expect(strangers.acquire("order:7", 10_000)).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
  });

  test("another token is refused while the first one holds, and gets the lock afterwards", async () => {
    const { locker } = await start();
    const [ours, theirs] = [locker(), locker()];
    await ours.acquire("order:7", 10_000, "worker-1");
    await expect(theirs.acquire("order:7", 10_000, "worker-2")).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
    });
    await ours.release("order:7", "worker-1");
    expect(await theirs.acquire("order:7", 10_000, "worker-2")).toBe("worker-2");
  });

  test("releasing twice, or after the ttl, or what never was, is harmless", async () => {
    const { locker, pass } = await start();
    const ours = locker();
    const token = await ours.acquire("order:7", 10_000);
    await ours.release("order:7", token);
    await ours.release("order:7", token);
    const expired = await ours.acquire("order:7", SHORT_MS);
    await pass(SHORT_MS + 50);
    await ours.release("order:7", expired);
    await ours.release("order:8", "never held");
    await expect(locker().acquire("order:7", 10_000)).resolves.toEqual(expect.any(String));
  });

  test("releasing somebody else's lock is refused and changes nothing", async () => {
    const { locker } = await start();
    const [ours, theirs] = [locker(), locker()];
    const token = await ours.acquire("order:7", 10_000);
    await expect(theirs.release("order:7", "not it")).rejects.toMatchObject({ code: "ERR_LOCK_NOT_HOLDER" });
    await expect(theirs.acquire("order:7", 10_000)).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
    await ours.release("order:7", token);
  });

  test("a late release of an expired lock does not touch the next holder's", async () => {
    const { locker, pass } = await start();
    const [ours, theirs] = [locker(), locker()];
    const late = await ours.acquire("order:7", SHORT_MS);
    await pass(SHORT_MS + 50);
    await theirs.acquire("order:7", 10_000);
    await expect(ours.release("order:7", late)).rejects.toMatchObject({ code: "ERR_LOCK_NOT_HOLDER" });
    await expect(ours.acquire("order:7", 10_000)).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
  });

  test("tokens come from a generator that can be put in place", async () => {
    const { locker } = await start();
    let made = 0;
    const ours = locker({ generateToken: (key) => `${key}/${++made}` });
    expect(await ours.acquire("order:7", 10_000)).toBe("order:7/1");
    await expect(locker().release("order:7", "order:7/2")).rejects.toMatchObject({
      code: "ERR_LOCK_NOT_HOLDER",
    });
    await ours.release("order:7", "order:7/1");
  });

  test("so does the decision about the next try", async () => {
    const { locker, pass } = await start();
    await locker().acquire("order:7", 60_000);
    const retry = vi.fn(limitAttempts(fixedDelay(10, 0), 3));
    const refused = expect(
      locker({ retry, waitMs: Infinity }).acquire("order:7", 10_000),
    ).rejects.toMatchObject({
      code: "ERR_LOCK_HELD",
    });
    await pass(100);
    await refused;
    expect(retry.mock.calls.map(([attempt]) => attempt)).toEqual([1, 2, 3]);
  });
});

describe("a service that locks is tested", () => {
  /** Charges an order once: whoever comes second is told to try later. */
  async function charge(
    locker: Locker,
    order: string,
    pay: () => Promise<void>,
  ): Promise<"charged" | "busy"> {
    let token: string;
    try {
      token = await locker.acquire(order, 10_000);
    } catch (error) {
      if (isLockError(error, "ERR_LOCK_HELD")) return "busy";
      throw error;
    }
    try {
      await pay();
    } finally {
      await locker.release(order, token);
    }
    return "charged";
  }

  const closing = <M extends ReturnType<typeof createLockManager>>(locks: M): M => {
    onTestFinished(() => locks.close());
    return locks;
  };

  test("with two functions in place of the interface", async () => {
    const locker = { acquire: vi.fn(async () => "token"), release: vi.fn(async () => {}) };
    const declined = new Error("card declined");
    await expect(charge(locker, "order:7", () => Promise.reject(declined))).rejects.toBe(declined);
    expect(locker.acquire).toHaveBeenCalledWith("order:7", 10_000);
    expect(locker.release).toHaveBeenCalledWith("order:7", "token");
  });

  test("with a manager that always grants, and one that always refuses", async () => {
    const pay = vi.fn(async () => {});
    expect(await charge(lockerOf(closing(grantingLockManager())), "order:7", pay)).toBe("charged");
    expect(await charge(lockerOf(closing(refusingLockManager())), "order:7", pay)).toBe("busy");
    expect(pay).toHaveBeenCalledOnce();
  });

  test("with nodes that can't be reached", async () => {
    const down = lockerOf(closing(refusingLockManager("ERR_LOCK_UNAVAILABLE")));
    await expect(charge(down, "order:7", async () => {})).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
    });
  });

  test("with the real manager in this process, for what happens at the same time", async () => {
    const locker = lockerOf(closing(createLockManager({ nodes: [memoryNode()], waitMs: 0 })));
    let finish = (): void => {};
    let first: Promise<string> | undefined;
    await new Promise<void>((paying) => {
      first = charge(locker, "order:7", () => {
        paying();
        return new Promise((resolve) => (finish = resolve));
      });
    });
    expect(await charge(locker, "order:7", async () => {})).toBe("busy");
    finish();
    expect(await first).toBe("charged");
  });
});
