import { types } from "node:util";
import { Controller, Get, Injectable, Param } from "@nestjs/common";
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
