import { Controller, Get, UseFilters } from "@nestjs/common";
import {
  type ClientProxy,
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  type TcpContext,
  Transport,
} from "@nestjs/microservices";
import { Test } from "@nestjs/testing";
import type { Lease, LockManager } from "@redlock-kit/core";
import { CurrentLease, getLockManagerToken, LockExceptionFilter, Locked } from "@redlock-kit/nestjs";
import { lastValueFrom, type Observable, of } from "rxjs";
import { expect, onTestFinished, test, vi } from "vitest";
import { freePort } from "../support/free-port.js";
import { redisLocks, startApp } from "./start-app.js";

@Controller()
class Orders {
  static shipped: string[] = [];

  @MessagePattern("settle")
  @Locked("order:{0.id}", { waitMs: 0 })
  settle(@Payload() order: { id: number }, @Ctx() _context: TcpContext, @CurrentLease() lease?: Lease) {
    return { id: order.id, key: lease?.key };
  }

  @Locked("order:{0}", { waitMs: 0 })
  @MessagePattern("watch")
  watch(_id: string): Observable<string> {
    return of("packed", "sent");
  }

  @EventPattern("ship")
  @Locked((id: string) => `order:${id}`)
  // Nest's type of event handlers has further parameters unknown.
  async ship(@Payload() id: string, @CurrentLease() lease?: unknown) {
    Orders.shipped.push(`${id} under ${(lease as Lease).key}`);
  }

  @MessagePattern("by request")
  @Locked("order:{params.id}")
  ofRequest() {}
}

@Controller()
@Locked("stock:{0.id}", { waitMs: 0 })
class Stock {
  @MessagePattern("take")
  take({ id }: { id: number }, @CurrentLease() lease?: Lease) {
    return { key: lease?.key, label: this.label(id) };
  }

  // No handler, so not locked: its caller gets no promise.
  label(id: number) {
    return `item ${id}`;
  }
}

function clientOf(port: number): ClientProxy {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
  onTestFinished(() => client.close());
  return client;
}

/** A microservice over TCP, with locks on real Redis, and a client of it. */
async function start() {
  const port = await freePort();
  const module = await Test.createTestingModule({
    imports: [await redisLocks()],
    controllers: [Orders, Stock],
  }).compile();
  const app = module.createNestMicroservice<MicroserviceOptions>({
    transport: Transport.TCP,
    options: { port },
    logger: false,
  });
  await app.listen();
  onTestFinished(() => app.close());
  const client = clientOf(port);
  const send = (pattern: string, data: unknown) => lastValueFrom(client.send<unknown>(pattern, data));
  return { client, send, locks: app.get<LockManager>(getLockManagerToken()) };
}

test("a message handler is locked by a key of its payload, and gets its lease", async () => {
  const { send, locks } = await start();
  expect(await send("settle", { id: 7 })).toEqual({ id: 7, key: "order:7" });
  expect(await locks.inspect("order:7")).toBeNull();
});

test("a lock of the whole class covers the message handlers and nothing else", async () => {
  const { send } = await start();
  expect(await send("take", { id: 7 })).toEqual({ key: "stock:7", label: "item 7" });
});

test("a held lock is told as { status, code, message, retryAfterMs }, without the key", async () => {
  const { send, locks } = await start();
  await locks.acquire("order:7", { ttlMs: 30_000 });
  const error: unknown = await send("settle", { id: 7 }).catch((thrown: unknown) => thrown);
  expect(error).toEqual({
    status: "error",
    code: "ERR_LOCK_HELD",
    message: expect.stringMatching(/^Somebody else/) as string,
    retryAfterMs: expect.any(Number) as number,
  });
  expect(JSON.stringify(error)).not.toContain("order:7");
  expect((error as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(20_000);
});

test("an unusable key names its placeholder", async () => {
  const { send } = await start();
  await expect(send("settle", {})).rejects.toMatchObject({
    code: "ERR_LOCK_INVALID_ARGUMENT",
    message: expect.stringContaining("{0.id}") as string,
  });
});

test("a handler that returns an Observable streams it under the lock, in either order of decorators", async () => {
  const { send, locks } = await start();
  expect(await send("watch", "7")).toBe("sent");
  await locks.acquire("order:7");
  await expect(send("watch", "7")).rejects.toMatchObject({ code: "ERR_LOCK_HELD" });
});

test("an event handler waits for its lock", async () => {
  const { client, locks } = await start();
  const lease = await locks.acquire("order:7");
  client.emit("ship", "7");
  await vi.waitFor(() => expect(locks.stats().waiting).toBe(1));
  expect(Orders.shipped).toEqual([]);
  await lease.release();
  await vi.waitFor(() => expect(Orders.shipped).toEqual(["7 under order:7"]));
});

test("a template for an HTTP request is a mistake here, which its caller is not told more of", async () => {
  const { send } = await start();
  const error: unknown = await send("by request", {}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: "error", code: "ERR_LOCK_INVALID_ARGUMENT" });
  expect(JSON.stringify(error)).not.toContain("params");
});

test("in an application that also serves HTTP, a message handler names the filter, and routes need not", async () => {
  @Controller()
  class Both {
    @MessagePattern("report")
    @UseFilters(LockExceptionFilter)
    @Locked("report", { waitMs: 0 })
    message() {}

    @Get("report")
    @Locked("report", { waitMs: 0 })
    read() {}
  }
  const port = await freePort();
  const { app, url, locks } = await startApp({ controllers: [Both] });
  app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options: { port } });
  await app.startAllMicroservices();
  await locks.acquire("report");
  await expect(lastValueFrom(clientOf(port).send("report", {}))).rejects.toMatchObject({
    code: "ERR_LOCK_HELD",
  });
  expect((await fetch(`${url}/report`)).status).toBe(423);
});
