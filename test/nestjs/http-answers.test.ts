import { BadRequestException, Controller, Get, NotFoundException, Post, Res } from "@nestjs/common";
import { LockError, type LockErrorCode, type LockManager, memoryNode } from "@redlock-kit/core";
import { InjectLockManager, Locked, LockModule } from "@redlock-kit/nestjs";
import { describe, expect, test } from "vitest";
import { platforms, startApp } from "./start-app.js";

const seat = "/shows/7/seats/A1";

/** What both platforms have of a response. */
interface Answer {
  header(name: string, value: string): unknown;
}

function post(url: string, path: string) {
  return fetch(url + path, { method: "POST" });
}

function bodyOf(answer: Response) {
  return answer.json() as Promise<Record<string, unknown>>;
}

describe.each(Object.entries(platforms))("on %s", (_name, platform) => {
  test.each<[LockErrorCode, number, retryAfter: string | null]>([
    ["ERR_LOCK_HELD", 423, "2"],
    ["ERR_LOCK_UNAVAILABLE", 503, "2"],
    ["ERR_LOCK_OVERLOADED", 503, "2"],
    ["ERR_LOCK_CLOSED", 503, "2"],
    ["ERR_LOCK_LOST", 503, "2"],
    ["ERR_LOCK_NOT_HOLDER", 409, null],
    ["ERR_LOCK_NESTED", 500, null],
    ["ERR_LOCK_INVALID_ARGUMENT", 400, null],
  ])("%s is answered with %i", async (code, status, retryAfter) => {
    const error = new LockError(code, "of seat:A1", { retryAfterMs: 1_500 });
    const manager = { withLock: () => Promise.reject(error) } as unknown as LockManager;
    @Controller()
    class Reports {
      @Post("report")
      @Locked("report")
      make() {}
    }
    const imports = [LockModule.forRoot({ manager })];
    const { url } = await startApp({ controllers: [Reports], imports }, platform);

    const answer = await post(url, "/report");

    expect(answer.status).toBe(status);
    expect(answer.headers.get("retry-after")).toBe(retryAfter);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const body = await answer.text();
    expect(JSON.parse(body)).toMatchObject({ code, status });
    expect(body).not.toContain("seat:A1");
  });

  test("headers that a handler set for its own answer do not describe the error's", async () => {
    @Controller()
    class Exports {
      constructor(@InjectLockManager() private readonly locks: LockManager) {}

      @Post("report")
      @Locked("export")
      async read(@Res({ passthrough: true }) response: Answer) {
        response.header("content-disposition", "attachment");
        response.header("x-tenant", "acme");
        await this.locks.acquire("export", { nested: "reject" });
      }
    }
    const { url } = await startApp({ controllers: [Exports] }, platform);

    const { status, headers } = await post(url, "/report");

    expect(status).toBe(500);
    expect(headers.get("content-disposition")).toBeNull();
    expect(headers.get("x-tenant")).toBe("acme");
  });

  test("a held lock is answered with 423, as problem+json that names no key, and with Retry-After", async () => {
    @Controller("shows/:showId/seats")
    class Seats {
      @Post(":seatId")
      @Locked("seat:{params.seatId}", { waitMs: 0 })
      book() {}
    }
    const { url, locks } = await startApp({ controllers: [Seats] }, platform);
    await locks.acquire("seat:A1", { ttlMs: 30_000 });

    const answer = await post(url, `${seat}?secret=1`);

    expect(answer.status).toBe(423);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(25);
    const body = await bodyOf(answer);
    expect(body).toMatchObject({ status: 423, code: "ERR_LOCK_HELD", instance: seat });
    expect(JSON.stringify(body)).not.toContain("seat:A1");
  });

  test("a request that lacks a value of the key is answered with 400, which names the placeholder", async () => {
    @Controller()
    class Reports {
      @Post("report")
      @Locked("report:{query.year}")
      make() {}
    }
    const { url } = await startApp({ controllers: [Reports] }, platform);

    const answer = await post(url, "/report?month=5");

    expect(answer.status).toBe(400);
    expect((await bodyOf(answer)).detail).toContain("{query.year}");
  });

  test("what a handler throws keeps its status: a NotFoundException stays a 404", async () => {
    @Controller("shows/:showId/seats")
    class Seats {
      @Post(":seatId")
      @Locked("seat:{params.seatId}")
      book() {
        throw new NotFoundException("no such seat");
      }
    }
    const { url, locks } = await startApp({ controllers: [Seats] }, platform);

    const answer = await post(url, seat);

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ message: "no such seat" });
    expect(await locks.inspect("seat:A1")).toBeNull();
  });

  test("a lock taken twice by one handler is a mistake of the program: 500", async () => {
    @Controller()
    class Reports {
      constructor(@InjectLockManager() private readonly locks: LockManager) {}

      @Post("report")
      @Locked("report")
      make() {
        return this.locks.withLock("report", () => {});
      }
    }
    const { url } = await startApp({ controllers: [Reports] }, platform);

    const answer = await post(url, "/report");

    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: "ERR_LOCK_NESTED" });
  });

  test("exceptionFilter: false leaves lock errors to the application", async () => {
    @Controller()
    class Reports {
      @Post("report")
      @Locked("report", { waitMs: 0 })
      make() {}
    }
    const lockModule = LockModule.forRoot({ nodes: [memoryNode()], exceptionFilter: false });
    const { url, locks } = await startApp({ controllers: [Reports], imports: [lockModule] }, platform);
    await locks.acquire("report");

    const answer = await post(url, "/report");

    expect(answer.status).toBe(500);
    expect(await answer.json()).not.toHaveProperty("code");
  });

  test("a handler without a lock is left alone by all of this", async () => {
    @Controller()
    class Plain {
      @Get("plain")
      read() {
        throw new BadRequestException("as ever");
      }
    }
    const { url } = await startApp({ controllers: [Plain] }, platform);

    expect(await (await fetch(`${url}/plain`)).json()).toMatchObject({ message: "as ever", statusCode: 400 });
  });
});
