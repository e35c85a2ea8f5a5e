import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import { Controller, Injectable, Post, Sse } from "@nestjs/common";
import type { Lease, LockManager } from "@redlock-kit/core";
import { Locked, LockModule } from "@redlock-kit/nestjs";
import { NEVER } from "rxjs";
import { describe, expect, test, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { platforms, startApp } from "./start-app.js";

const seat = "/shows/7/seats/A1";

function post(url: string, path: string, init: RequestInit = {}) {
  return fetch(url + path, { method: "POST", ...init });
}

describe.each(Object.entries(platforms))("on %s", (_name, platform) => {
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
});
