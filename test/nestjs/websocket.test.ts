import { once } from "node:events";
import type { INestApplication } from "@nestjs/common";
import { UseFilters } from "@nestjs/common";
import { IoAdapter } from "@nestjs/platform-socket.io";
import { WsAdapter } from "@nestjs/platform-ws";
import { MessageBody, SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import type { Lease } from "@redlock-kit/core";
import { CurrentLease, LockExceptionFilter, Locked } from "@redlock-kit/nestjs";
import { io } from "socket.io-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { platforms, redisLocks, startApp } from "./start-app.js";

@WebSocketGateway()
@UseFilters(LockExceptionFilter)
@Locked("seat:{0.seat}", { waitMs: 0 })
class SeatsGateway {
  connections = 0;

  // A lifecycle hook: its argument has no seat.
  handleConnection() {
    this.connections += 1;
  }

  @SubscribeMessage("book")
  book(@MessageBody() { seat }: { seat: string }, @CurrentLease() lease?: Lease) {
    return { event: "booked", data: { seat, key: lease?.key } };
  }
}

interface Client {
  send(event: string, data: unknown): void;
  /** The next event, with its data. */
  next(): Promise<[event: string, data: unknown]>;
}

async function socketIoClient(url: string): Promise<Client> {
  const socket = io(url, { transports: ["websocket"] });
  onTestFinished(() => void socket.disconnect());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return {
    send: (event, data) => socket.emit(event, data),
    next: () =>
      new Promise((resolve) => socket.onAny((event: string, data: unknown) => resolve([event, data]))),
  };
}

async function wsClient(url: string): Promise<Client> {
  const socket = new WebSocket(url.replace("http", "ws"));
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return {
    send: (event, data) => socket.send(JSON.stringify({ event, data })),
    next: async () => {
      const [message] = (await once(socket, "message")) as [Buffer];
      const { event, data } = JSON.parse(message.toString()) as { event: string; data: unknown };
      return [event, data];
    },
  };
}

const sockets = {
  "socket.io": { adapter: (app: INestApplication) => new IoAdapter(app), connect: socketIoClient },
  ws: { adapter: (app: INestApplication) => new WsAdapter(app), connect: wsClient },
};

describe.each(Object.entries(sockets))("a gateway over %s", (_name, { adapter, connect }) => {
  async function start() {
    const metadata = { imports: [await redisLocks()], providers: [SeatsGateway] };
    const app = await startApp(metadata, platforms.Express, "cut", (before) =>
      before.useWebSocketAdapter(adapter(before)),
    );
    return { ...app, client: await connect(app.url) };
  }

  test("locks its message handlers by a key of the message, and hands them the lease", async () => {
    const { app, client, locks } = await start();
    const answer = client.next();
    client.send("book", { seat: "A1" });
    expect(await answer).toEqual(["booked", { seat: "A1", key: "seat:A1" }]);
    expect(app.get(SeatsGateway).connections).toBe(1);
    expect(await locks.inspect("seat:A1")).toBeNull();
  });

  test("tells of a held lock by an exception { status, code, message, retryAfterMs }", async () => {
    const { client, locks } = await start();
    await locks.acquire("seat:A1", { ttlMs: 30_000 });
    const answer = client.next();
    client.send("book", { seat: "A1" });
    expect(await answer).toEqual([
      "exception",
      {
        status: "error",
        code: "ERR_LOCK_HELD",
        message: expect.stringMatching(/^Somebody else/) as string,
        retryAfterMs: expect.any(Number) as number,
      },
    ]);
  });
});
