import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { Controller, Get, Injectable, Res } from "@nestjs/common";
import type { Lease, LockManager } from "@redlock-kit/core";
import { CurrentLease, getLockManagerToken, InjectLockManager, Locked } from "@redlock-kit/nestjs";
import { describe, expect, test, vi } from "vitest";
import { platforms, startApp, startProviders } from "./start-app.js";

@Injectable()
class Numbers {
  readonly ended = vi.fn();

  constructor(@InjectLockManager() private readonly locks: LockManager) {}

  @Locked("numbers")
  async open(error?: Error) {
    return this.count(error);
  }

  @Locked("numbers", { ttlMs: 50, autoExtend: false })
  async openBriefly(error?: Error, @CurrentLease() lease?: Lease) {
    return this.count(error, lease);
  }

  @Locked("numbers", { ttlMs: 50, maxHoldMs: 100 })
  async openAtMost() {
    return this.count();
  }

  @Locked("numbers")
  async stream() {
    return Readable.from(this.count());
  }

  async *count(error?: Error, lease?: Lease) {
    try {
      yield this.locks.currentLease()?.key;
      if (lease !== undefined)
        await new Promise((resolve) => lease.signal.addEventListener("abort", resolve));
      if (error !== undefined) throw error;
      yield 2;
    } finally {
      this.ended();
    }
  }
}

async function start() {
  const module = await startProviders({ providers: [Numbers] });
  return { numbers: module.get(Numbers), locks: module.get<LockManager>(getLockManagerToken()) };
}

async function valuesOf(generator: AsyncIterable<unknown>) {
  const values: unknown[] = [];
  for await (const value of generator) values.push(value);
  return values;
}

describe("an async generator that a locked method returns", () => {
  test("holds the lock until it has ended, and runs inside of the lease", async () => {
    const { numbers, locks } = await start();
    const generator = await numbers.open();
    expect(await generator.next()).toEqual({ done: false, value: "numbers" });
    expect(await locks.tryAcquire("numbers")).toBeNull();
    expect(await valuesOf(generator)).toEqual([2]);
    expect(await locks.inspect("numbers")).toBeNull();
    expect(await generator.next()).toEqual({ done: true, value: undefined });
  });

  test("lets go of the lock when its reader leaves, even before the first value", async () => {
    const { numbers, locks } = await start();
    for await (const value of await numbers.open()) {
      expect(value).toBe("numbers");
      break;
    }
    expect(numbers.ended).toHaveBeenCalledOnce();
    expect(await locks.inspect("numbers")).toBeNull();

    await (await numbers.open()).return(undefined);
    expect(await locks.inspect("numbers")).toBeNull();
  });

  test("passes on its error unchanged, also if its lease was lost, and one that is thrown into it", async () => {
    const { numbers, locks } = await start();
    const error = new RangeError("mine");
    await expect(valuesOf(await numbers.open(error))).rejects.toBe(error);
    await expect(valuesOf(await numbers.openBriefly(error))).rejects.toBe(error);
    await expect((await numbers.open()).throw(error)).rejects.toBe(error);
    expect(await locks.inspect("numbers")).toBeNull();
  });

  test("tells at its end of a lease that was lost meanwhile", async () => {
    const { numbers } = await start();
    await expect(valuesOf(await numbers.openBriefly())).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
  });

  test("that nobody reads keeps the lock for maxHoldMs, if that is given", async () => {
    const { numbers, locks } = await start();
    const generator = await numbers.openAtMost();
    expect(await locks.tryAcquire("numbers")).toBeNull();
    await (await locks.acquire("numbers", { waitMs: 15_000 })).release();
    await expect(valuesOf(generator)).rejects.toMatchObject({ code: "ERR_LOCK_LOST" });
    // Nothing is left that this would wait for.
    await locks.close({ graceMs: Infinity });
  });

  test("is a generator still", async () => {
    const { numbers } = await start();
    const generator = await numbers.open();
    expect(Object.prototype.toString.call(generator)).toBe("[object AsyncGenerator]");
    expect(generator[Symbol.asyncIterator]()).toBe(generator);
    await generator.return(undefined);
  });
});

test("a stream of Node that is no answer of a handler is a value like any other", async () => {
  const { numbers, locks } = await start();
  const stream = await numbers.stream();
  expect(await locks.inspect("numbers")).toBeNull();
  stream.destroy();
});

describe.each(Object.entries(platforms))(
  "on %s, what a handler returns beside its answer",
  (_name, platform) => {
    async function* endless() {
      for (;;) yield "";
    }
    const bodies: Record<string, () => unknown> = {
      "an async generator": endless,
      "a stream of Node": () => Readable.from(endless()),
      "a stream of the web": () => Readable.toWeb(Readable.from(endless())),
      "a Response": () => new Response("nobody reads this"),
    };

    test.each(Object.entries(bodies))(
      "is ended with the answer, and the lock is free: %s",
      async (_what, open) => {
        @Controller()
        class Exports {
          @Get("export")
          @Locked("export")
          read(@Res() response: ServerResponse & { send(body: string): void }) {
            response.send("nothing to export");
            return open();
          }
        }
        const { url, locks } = await startApp({ controllers: [Exports] }, platform);
        expect(await (await fetch(`${url}/export`)).text()).toBe("nothing to export");
        await vi.waitFor(async () => expect(await locks.inspect("export")).toBeNull());
      },
    );
  },
);
