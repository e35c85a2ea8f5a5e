import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Param,
  ParseIntPipe,
  Post,
  Scope,
  UseGuards,
} from "@nestjs/common";
import type { Lease } from "@redlock-kit/core";
import { CurrentLease, Locked } from "@redlock-kit/nestjs";
import { Subject } from "rxjs";
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

  test("keys are made from params, query, body, headers in any case, cookies, the user that a guard found, and arguments", async () => {
    class SignedIn implements CanActivate {
      canActivate(context: ExecutionContext) {
        const request = context.switchToHttp().getRequest<{ user: unknown; cookies: unknown }>();
        request.user = { id: 12 };
        request.cookies = { theme: "dark" };
        return true;
      }
    }
    @Controller("shows/:showId")
    class Shows {
      @Post()
      @UseGuards(SignedIn)
      @Locked([
        "{params.showId}-{query.day}-{body.part.name}-{headers.X-Tenant}-{user.id}-{cookies.theme}",
        "twice:{0}",
      ])
      change(@Param("showId", ParseIntPipe) _showId: number, @CurrentLease() lease: Lease) {
        return lease.keys;
      }
    }
    const { url } = await startApp({ controllers: [Shows] }, platform);

    const answer = await post(url, "/shows/007?day=5", {
      headers: { "content-type": "application/json", "x-tenant": "acme" },
      body: JSON.stringify({ part: { name: "hall" } }),
    });

    expect(await answer.json()).toEqual(["007-5-hall-acme-12-dark", "twice:7"]);
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
});
