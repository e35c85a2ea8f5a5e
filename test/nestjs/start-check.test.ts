import { Controller, Get, Injectable } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { isLockError, memoryNode } from "@redlock-kit/core";
import { Locked, LockModule, SkipLock } from "@redlock-kit/nestjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { startProviders } from "./start-app.js";

const locks = () => LockModule.forRoot({ nodes: [memoryNode()] });

describe("an application does not start", () => {
  @Injectable()
  class Numbers {
    @Locked("numbers")
    *count() {
      yield 1;
    }
  }

  @Injectable()
  class AsyncNumbers {
    @Locked("numbers")
    async *count() {
      yield 1;
    }
  }

  class Derived extends Numbers {}

  @Injectable()
  @Locked("numbers")
  class AllNumbers {
    *count() {
      yield 1;
    }
  }

  @Controller()
  class NumbersController {
    @Get()
    @Locked("numbers")
    async *count() {
      yield 1;
    }
  }

  const cases = {
    "a generator method": [{ providers: [Numbers] }, /@Locked on Numbers\.count: generator methods/],
    "an async generator method": [{ providers: [AsyncNumbers] }, /AsyncNumbers\.count: generator methods/],
    "an inherited one": [{ providers: [Derived] }, /Numbers\.count: generator methods/],
    "one of a locked class": [{ providers: [AllNumbers] }, /AllNumbers\.count: .*@SkipLock\(\)/],
    "one of a controller": [
      { controllers: [NumbersController] },
      /NumbersController\.count: generator methods/,
    ],
    "one of a value": [
      { providers: [{ provide: "numbers", useValue: new Numbers() }] },
      /Numbers\.count: generator methods/,
    ],
  } as const;

  test.each(Object.entries(cases))("with %s under a lock", async (_what, [metadata, message]) => {
    const start = startProviders({
      imports: [locks()],
      providers: [],
      controllers: [],
      ...(metadata as object),
    });
    await expect(start).rejects.toThrow(message);
    await expect(start).rejects.toSatisfy((error) => isLockError(error, "ERR_LOCK_INVALID_ARGUMENT"));
  });

  test("which NestFactory tells as well", async () => {
    class App {}
    const root = { module: App, imports: [locks()], providers: [Numbers] };
    const start = NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow(/generator methods/);
  });

  test("and outside of an application the call is refused", () => {
    expect(() => new Numbers().count()).toThrow(/Numbers\.count: generator methods/);
  });
});

test("a generator that is exempt from the lock of its class goes on yielding", async () => {
  @Injectable()
  @Locked("numbers")
  class Numbers {
    @SkipLock()
    *count() {
      yield 1;
      yield 2;
    }
  }
  const module = await startProviders({ providers: [Numbers] });
  onTestFinished(() => module.close());
  expect([...module.get(Numbers).count()]).toEqual([1, 2]);
});
