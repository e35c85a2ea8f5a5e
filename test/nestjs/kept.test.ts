import { types } from "node:util";
import { Controller, Get, Injectable, Param, SetMetadata } from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { memoryNode } from "@redlock-kit/core";
import { LockExceptionFilter, Locked, LockModule } from "@redlock-kit/nestjs";
import { describe, expect, test } from "vitest";
import { platforms, startApp, startProviders } from "./start-app.js";

class Base {
  @Locked("report")
  async make(_year: number, _title = "yearly") {
    return this.constructor.name;
  }
}

@Injectable()
class Reports extends Base {
  override async make(year: number) {
    return `${await super.make(year)} of ${year}`;
  }

  @Locked("sum")
  sum(..._numbers: number[]) {}
}

describe("of a locked method stays as it was", () => {
  const Above = SetMetadata("above", 1);
  const Below = SetMetadata("below", 2);

  class Service {
    readonly greeting = "hello";

    @Above
    @Locked("greet")
    @Below
    async greet(name: string, _loud: boolean) {
      return `${this.greeting} ${name}`;
    }

    @Locked("fail")
    async fail(error: unknown) {
      throw error;
    }

    @Locked("count")
    count() {
      return 3;
    }
  }

  async function start() {
    return { service: (await startProviders({ providers: [Service] })).get(Service) };
  }

  test("name, arity, and the metadata of the decorators above and below", () => {
    const greet = Service.prototype["greet"] as () => unknown;
    expect(greet.name).toBe("greet");
    expect(greet.length).toBe(2);
    expect(new Reflector().get("above", greet)).toBe(1);
    expect(new Reflector().get("below", greet)).toBe(2);
    expect(Reflect.getMetadata("design:paramtypes", Service.prototype, "greet")).toEqual([String, Boolean]);
  });

  test("`this`, arguments and result", async () => {
    const { service } = await start();
    expect(await service.greet("Ada", true)).toBe("hello Ada");
  });

  test("the very error that is thrown, whatever it is", async () => {
    const { service } = await start();
    const error = new TypeError("mine");
    await expect(service.fail(error)).rejects.toBe(error);
    await expect(service.fail("no error at all")).rejects.toBe("no error at all");
  });

  test("the value of a method that returned no promise, now in one", async () => {
    const { service } = await start();
    const counted: unknown = service.count();
    expect(counted).toBeInstanceOf(Promise);
    expect(await (counted as Promise<number>)).toBe(3);
  });
});

describe("a locked method", () => {
  test("is what methods are: no constructor, not enumerable, async if it was", () => {
    const { make } = Base.prototype as unknown as { make: new () => unknown };
    expect(() => new make()).toThrow(TypeError);
    expect(Object.keys(Base.prototype)).toEqual([]);
    expect(Object.getPrototypeOf(make)).toBe(Object.getPrototypeOf(async () => {}));
    expect(Object.prototype.toString.call(make)).toBe("[object AsyncFunction]");
    expect(types.isProxy(make)).toBe(false);
  });

  test("counts its parameters as before: those with a default and the rest do not count", () => {
    expect([Base.prototype["make"].length, Reports.prototype["sum"].length]).toEqual([1, 0]);
  });

  test("can be overridden and called by super, and its instances stay what they are", async () => {
    const reports = (await startProviders({ providers: [Reports] })).get(Reports);
    expect(await reports.make(2027)).toBe("Reports of 2027");
    expect(reports).toBeInstanceOf(Base);
  });
});

describe.each(Object.entries(platforms))("on %s", (_name, platform) => {
  test("a handler is known by its name where a tracer has taken its function's place", async () => {
    @Controller("shows")
    class Shows {
      @Get(":id")
      @Locked("show:{params.id}")
      read(@Param("id") id: string) {
        return id;
      }
    }
    const read = Object.getOwnPropertyDescriptor(Shows.prototype, "read") as PropertyDescriptor;
    Object.defineProperty(Shows.prototype, "read", { ...read, value: traced(Shows.prototype["read"]) });
    const { url } = await startApp({ controllers: [Shows] }, platform);
    // The router has the tracer's function, and the instances have the method.
    Object.defineProperty(Shows.prototype, "read", read);
    expect(await (await fetch(`${url}/shows/7`)).text()).toBe("7");
  });

  test("the filter can be registered by hand, without the module's help", async () => {
    @Controller()
    class Reports {
      @Get("report")
      @Locked("report", { waitMs: 0 })
      make() {}
    }
    const imports = [LockModule.forRoot({ nodes: [memoryNode()], exceptionFilter: false })];
    const { url, locks } = await startApp({ controllers: [Reports], imports }, platform, "cut", (app) =>
      app.useGlobalFilters(new LockExceptionFilter()),
    );
    await locks.acquire("report");
    const answer = await fetch(`${url}/report?secret=1`);
    expect(answer.status).toBe(423);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ code: "ERR_LOCK_HELD", instance: "/report" });
  });
});

/** A tracer's function around a method. */
function traced<This, Args extends unknown[], Result>(method: (this: This, ...args: Args) => Result) {
  const around = function (this: This, ...args: Args): Result {
    return method.apply(this, args);
  };
  for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), around);
  }
  return around;
}
