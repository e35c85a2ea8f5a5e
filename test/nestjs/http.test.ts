import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import {
  BadRequestException,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Scope,
  Sse,
  UseGuards,
} from "@nestjs/common";
import { type Lease, LockError, type LockManager, memoryNode } from "@redlock-kit/core";
import { CurrentLease, InjectLockManager, Locked, LockModule } from "@redlock-kit/nestjs";
import { NEVER, Subject } from "rxjs";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { platforms, startApp } from "./start-app.js";

const seat = "/shows/7/seats/A1";

function post(url: string, path: string, init: RequestInit = {}) {
  return fetch(url + path, { method: "POST", ...init });
}

function bodyOf(answer: Response) {
  return answer.json() as Promise<Record<string, unknown>>;
}

describe.each(Object.entries(platforms))("on %s", (_name, platform) => {
  test("200 concurrent requests for one key run one at a time, and each has a higher fencing token", async () => {
    let running = 0;
    let most = 0;
    @Controller("shows/:showId/seats")
    class Seats {
      @Post(":seatId")
      @Locked("show:{params.showId}:seat:{params.seatId}", { waitMs: 15_000 })
      async book(@CurrentLease() lease: Lease) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return { fencingToken: lease.fencingToken };
      }
    }
    const { url } = await startApp({ controllers: [Seats] }, platform);

    const answers = await Promise.all(Array.from({ length: 200 }, () => post(url, seat)));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(most).toBe(1);
    const tokens = await Promise.all(answers.map(async (answer) => (await bodyOf(answer)).fencingToken));
    expect(new Set(tokens).size).toBe(200);
  });

  test("requests for different keys run side by side", async () => {
    const both = new Gate();
    let running = 0;
    @Controller("shows/:showId/seats")
    class Seats {
      @Post(":seatId")
      @Locked("seat:{params.seatId}")
      async book() {
        running += 1;
        if (running === 2) both.open();
        await both.opened;
      }
    }
    const { url } = await startApp({ controllers: [Seats] }, platform);

    const answers = await Promise.all([post(url, "/shows/7/seats/A1"), post(url, "/shows/7/seats/A2")]);

    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
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

  test("nodes out of reach are answered with 503 and Retry-After", async () => {
    const unavailable = new LockError("ERR_LOCK_UNAVAILABLE", "no quorum");
    const manager = { withLock: () => Promise.reject(unavailable) } as unknown as LockManager;
    @Controller()
    class Reports {
      @Post("report")
      @Locked("report")
      make() {}
    }
    const { url } = await startApp(
      { controllers: [Reports], imports: [LockModule.forRoot({ manager })] },
      platform,
    );

    const answer = await post(url, "/report");

    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
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

  test("keys are made from params, query, body, headers in any case, the user that a guard found, and arguments", async () => {
    class SignedIn implements CanActivate {
      canActivate(context: ExecutionContext) {
        context.switchToHttp().getRequest<{ user: unknown }>().user = { id: 12 };
        return true;
      }
    }
    @Controller("shows/:showId")
    class Shows {
      @Post()
      @UseGuards(SignedIn)
      @Locked(["{params.showId}-{query.day}-{body.part.name}-{headers.X-Tenant}-{user.id}", "twice:{0}"])
      change(@Param("showId", ParseIntPipe) _showId: number, @CurrentLease() lease: Lease) {
        return lease.keys;
      }
    }
    const { url } = await startApp({ controllers: [Shows] }, platform);

    const answer = await post(url, "/shows/007?day=5", {
      headers: { "content-type": "application/json", "x-tenant": "acme" },
      body: JSON.stringify({ part: { name: "hall" } }),
    });

    expect(await answer.json()).toEqual(["007-5-hall-acme-12", "twice:7"]);
  });

  test("a request that a guard or a pipe refuses never waits for the lock", async () => {
    class Nobody implements CanActivate {
      canActivate() {
        return false;
      }
    }
    @Controller()
    class Shows {
      @Post("guarded/:showId")
      @Locked("show", { waitMs: Infinity })
      @UseGuards(Nobody)
      guarded() {}

      @Post("checked/:showId")
      @Locked("show", { waitMs: Infinity })
      checked(@Param("showId", ParseIntPipe) _showId: number) {}
    }
    const { url, locks } = await startApp({ controllers: [Shows] }, platform);
    await locks.acquire("show");

    expect((await post(url, "/guarded/1")).status).toBe(403);
    expect((await post(url, "/checked/x")).status).toBe(400);
  });

  test("a client that leaves while it waits ends the wait, and its handler never runs", async () => {
    const handled = vi.fn();
    @Controller("shows/:showId/seats")
    class Seats {
      @Post(":seatId")
      @Locked("seat:{params.seatId}", { waitMs: Infinity })
      book() {
        handled();
      }
    }
    const { url, locks } = await startApp({ controllers: [Seats] }, platform);
    const lease = await locks.acquire("seat:A1");
    const client = new AbortController();
    const answer = post(url, seat, { signal: client.signal });
    await vi.waitFor(() => expect(locks.stats().waiting).toBe(1));

    client.abort();
    await expect(answer).rejects.toThrow();

    await vi.waitFor(() => expect(locks.stats().waiting).toBe(0));
    await lease.release();
    expect(await locks.inspect("seat:A1")).toBeNull();
    expect(handled).not.toHaveBeenCalled();
  });

  test("a client that leaves at the moment of the grant: its handler never runs either", async () => {
    const [waiting, handled, ended] = [new Gate(), vi.fn(), new Gate<unknown>()];
    const withLock: LockManager["withLock"] = async (_key, work, options) => {
      waiting.open();
      await once(options?.signal as AbortSignal, "abort");
      const result = Promise.resolve(work({} as Lease));
      result.catch(ended.open);
      return result;
    };
    const manager = { withLock } as LockManager;
    @Controller("shows/:showId/seats")
    class Seats {
      @Post(":seatId")
      @Locked("seat:{params.seatId}")
      book() {
        handled();
      }
    }
    const { url } = await startApp(
      { controllers: [Seats], imports: [LockModule.forRoot({ manager })] },
      platform,
    );
    const client = new AbortController();
    const answer = post(url, seat, { signal: client.signal });
    await waiting.opened;

    client.abort();
    await expect(answer).rejects.toThrow();

    expect(await ended.opened).toMatchObject({ code: "ERR_LOCK_ABORTED" });
    expect(handled).not.toHaveBeenCalled();
  });

  test("a client that leaves while its handler runs changes nothing: the lock stays to the handler's end", async () => {
    const [started, finish, inner] = [new Gate(), new Gate(), new Gate<string>()];
    @Injectable()
    class Payments {
      @Locked("payment", { waitMs: Infinity })
      async pay() {
        return "paid";
      }
    }
    @Controller("shows/:showId/seats")
    class Seats {
      constructor(private readonly payments: Payments) {}

      @Post(":seatId")
      @Locked("seat:{params.seatId}")
      async book() {
        started.open();
        await finish.opened;
        inner.open(await this.payments.pay());
      }
    }
    const { url, locks } = await startApp({ controllers: [Seats], providers: [Payments] }, platform);
    const payment = await locks.acquire("payment");
    const client = new AbortController();
    const answer = post(url, seat, { signal: client.signal });
    await started.opened;

    client.abort();
    await expect(answer).rejects.toThrow();
    finish.open();
    await vi.waitFor(() => expect(locks.stats().waiting).toBe(1));
    expect(await locks.tryAcquire("seat:A1")).toBeNull();

    await payment.release();
    expect(await inner.opened).toBe("paid");
    await vi.waitFor(async () => expect(await locks.inspect("seat:A1")).toBeNull());
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

  test("a request-scoped controller is locked like any other", async () => {
    @Controller({ path: "shows/:showId", scope: Scope.REQUEST })
    class Shows {
      @Get()
      @Locked("show:{params.showId}", { waitMs: 0 })
      read(@CurrentLease() lease: Lease) {
        return { key: lease.key };
      }
    }
    const { url, locks } = await startApp({ controllers: [Shows] }, platform);

    expect(await (await fetch(`${url}/shows/3`)).json()).toEqual({ key: "show:3" });
    await locks.acquire("show:3");
    expect((await fetch(`${url}/shows/3`)).status).toBe(423);
  });

  test("a handler may be inherited, and its route may stand below @Locked", async () => {
    class Base {
      @Locked("show:{params.showId}")
      @Get(":showId/inherited")
      inherited(@CurrentLease() lease: Lease) {
        return { key: lease.key };
      }
    }
    @Controller("shows")
    class Shows extends Base {}
    const { url } = await startApp({ controllers: [Shows] }, platform);

    expect(await (await fetch(`${url}/shows/3/inherited`)).json()).toEqual({ key: "show:3" });
  });

  test("an Observable that a handler returns holds the lock until it is complete", async () => {
    const values = new Subject<number>();
    @Controller()
    class Feeds {
      @Get("feed")
      @Locked("feed")
      read() {
        return values;
      }
    }
    const { url, locks } = await startApp({ controllers: [Feeds] }, platform);
    const answer = fetch(`${url}/feed`);
    await vi.waitFor(() => expect(values.observed).toBe(true));

    values.next(5);
    expect(await locks.tryAcquire("feed")).toBeNull();
    values.complete();

    expect(await (await answer).json()).toBe(5);
    expect(await locks.inspect("feed")).toBeNull();
  });

  test("the lock of an Observable is free when the client leaves, even before the Observable is there", async () => {
    const [started, left] = [new Gate(), new Gate()];
    @Controller()
    class Feeds {
      @Sse("feed")
      @Locked("feed")
      async read() {
        started.open();
        await left.opened;
        return NEVER;
      }
    }
    const { app, url, locks } = await startApp({ controllers: [Feeds] }, platform);
    const client = new AbortController();
    const arrived = once(app.getHttpServer() as Server, "request") as Promise<[IncomingMessage]>;
    const answer = fetch(`${url}/feed`, { signal: client.signal });
    const [{ socket }] = await arrived;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await started.opened;
    expect(await locks.tryAcquire("feed")).toBeNull();

    client.abort();
    await expect(answer).rejects.toThrow();
    await closed;
    left.open();

    await vi.waitFor(async () => expect(await locks.inspect("feed")).toBeNull());
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
});
