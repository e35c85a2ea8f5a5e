import { Controller, Get, Injectable, NotFoundException, SetMetadata } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { type LockManager, memoryNode } from "@redlock-kit/core";
import { manualClock } from "@redlock-kit/core/testing";
import { getLockManagerToken, Locked, LockModule } from "@redlock-kit/nestjs";
import { LockTestingModule } from "@redlock-kit/nestjs/testing";
import { describe, expect, test } from "vitest";
import { startApp, startProviders } from "../nestjs/start-app.js";
import { Gate } from "../support/gate.js";
import { redisClient, redisServer } from "../support/this-test.js";

const pause = () => new Promise((resolve) => setImmediate(resolve));

describe("D17: a decorated method is what it was", () => {
  class Seats {
    @SetMetadata("role", "seller")
    @Locked("seat:{0}")
    async book(_seatId: string, _customer: string) {
      throw new NotFoundException("no such seat");
    }
  }

  test("a 404 stays a 404, and the very exception arrives", async () => {
    @Controller()
    class SeatsController {
      @Get("seat")
      @Locked("seat")
      read() {
        throw new NotFoundException("no such seat");
      }
    }
    const { url } = await startApp({ controllers: [SeatsController] });
    expect((await fetch(`${url}/seat`)).status).toBe(404);
    const module = await startProviders({ providers: [Seats] });
    await expect(module.get(Seats).book("A1", "Ada")).rejects.toBeInstanceOf(NotFoundException);
  });

  test("name, arity and metadata stay", () => {
    const book = Seats.prototype["book"];
    expect([book.name, book.length]).toEqual(["book", 2]);
    expect(new Reflector().get("role", book)).toBe("seller");
  });

  test("every call has a lease of its own, and nothing is kept for keys of the past", async () => {
    @Injectable()
    class Orders {
      @Locked("order:{0}")
      async settle(_id: number) {}
    }
    const module = await startProviders({ providers: [Orders] });
    const locks = module.get<LockManager>(getLockManagerToken());
    for (let id = 0; id < 100; id += 1) await module.get(Orders).settle(id % 50);
    expect(locks.stats()).toMatchObject({ acquired: 100, held: 0, waiting: 0 });
  });

  test("the application's own client stays connected when the application ends", async () => {
    const client = redisClient(await redisServer());
    const module = await startProviders({ imports: [LockModule.forRoot({ nodes: [client] })] });
    await module.get<LockManager>(getLockManagerToken()).withLock("seat", () => {});
    await module.close();
    expect(await client.ping()).toBe("PONG");
  });
});

describe("D18: a method that takes long keeps its lock, and keys come from arguments", () => {
  test("work that outlasts the ttl many times over is alone all the while", async () => {
    const clock = manualClock();
    const node = memoryNode({ clock });
    const begun: string[] = [];
    const finish = new Gate();
    @Injectable()
    class Reports {
      @Locked("report:{0}", { ttlMs: 100, waitMs: Infinity })
      async make(_year: number, who: string) {
        begun.push(who);
        await finish.opened;
      }
    }
    const start = async () => {
      const imports = [LockModule.forRoot({ nodes: [node], clock })];
      return (await startProviders({ imports, providers: [Reports] })).get(Reports);
    };
    const [here, there] = [await start(), await start()];
    const made = [here.make(2027, "here"), there.make(2027, "there"), there.make(2028, "another key")];
    await clock.advance(5_000);
    expect(begun).toEqual(["here", "another key"]);
    finish.open();
    await clock.advance(1_000);
    await Promise.all(made);
    expect(begun).toEqual(["here", "another key", "there"]);
  });
});

describe("D20: an overrun tells of itself, without taking the result away", () => {
  @Injectable()
  class Reports {
    readonly finish = new Gate();

    @Locked("report", { ttlMs: 50, autoExtend: false })
    async strict() {
      await this.finish.opened;
      return "made";
    }

    @Locked("report", { ttlMs: 50, autoExtend: false, onLost: "ignore" })
    async lenient() {
      await this.finish.opened;
      return "made";
    }
  }

  test("the result is in the error, or comes with onLost: ignore", async () => {
    const reports = (await startProviders({ providers: [Reports] })).get(Reports);
    const strict = reports.strict();
    strict.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    const lenient = reports.lenient();
    await new Promise((resolve) => setTimeout(resolve, 100));
    reports.finish.open();
    await expect(strict).rejects.toMatchObject({ code: "ERR_LOCK_LOST", result: "made" });
    expect(await lenient).toBe("made");
  });

  test("arguments are found by position, whatever the source text of the method looks like", async () => {
    const ids: unknown[] = [];
    @Injectable()
    class Odd {
      @Locked("odd:{0.id}:{2}")
      async method({ id = 1, [`x)`]: _x = ") => {" } = {}, _text = "a, b) {", ..._rest: number[]) {
        ids.push(id);
      }
    }
    const module = await startProviders({ providers: [Odd] });
    await module.get(Odd).method({ id: 7 }, ")", 9);
    await expect(module.get(Odd).method({ id: 7 }, ")")).rejects.toThrow(/\{2\}/);
    expect(ids).toEqual([7]);
  });
});

describe("D22: what stands in for the real thing works like it", () => {
  test("the locks of the testing module keep calls apart", async () => {
    let running = 0;
    let most = 0;
    @Injectable()
    class Reports {
      @Locked("report")
      async make() {
        most = Math.max(most, ++running);
        await pause();
        running -= 1;
      }
    }
    const module = await startProviders({ imports: [LockTestingModule.forRoot()], providers: [Reports] });
    await Promise.all(Array.from({ length: 10 }, () => module.get(Reports).make()));
    expect(most).toBe(1);
  });
});
