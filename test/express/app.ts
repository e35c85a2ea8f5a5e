import { createServer, type IncomingHttpHeaders, request, type ServerOptions } from "node:http";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import {
  type Clock,
  createLockManager,
  type Lease,
  type LockError,
  type LockManager,
  memoryNode,
  systemClock,
} from "@redlock-kit/core";
import type { ManualClock } from "@redlock-kit/core/testing";
import { createLocked } from "@redlock-kit/express";
import express5, { type Express } from "express";
import express4 from "express4";
import { onTestFinished, vi } from "vitest";
import { Gate } from "../support/gate.js";

/** For `describe.each`: every major version that the package supports. */
export const versions = [
  { version: "Express 5", express: express5 },
  { version: "Express 4", express: express4 },
];

/** An application without routes, and a manager for it; both end with the test. */
export function newApp(express: typeof express5 = express5, clock: Clock | ManualClock = systemClock) {
  const locks = createLockManager({ nodes: [memoryNode({ clock })], clock });
  onTestFinished(async () => {
    const closing = locks.close({ graceMs: 0 });
    if ("advance" in clock) await clock.advance(0);
    await closing;
  });
  const app: Express = express();
  // Else Express writes the errors that tests provoke to the console.
  app.set("env", "test");
  return { app, locks, locked: createLocked(locks) };
}

/** Serves the application until the test ends. */
export async function serve(app: Express, options: ServerOptions & { httpAllowHalfOpen?: boolean } = {}) {
  const server = createServer(options, app);
  Object.assign(server, { httpAllowHalfOpen: options.httpAllowHalfOpen ?? false });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return new Client(server);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

class Client {
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /** Settles when the next connection to the server is closed. */
  connectionClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.server.once("connection", (socket) => socket.once("close", () => resolve()));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  post(path: string, headers: Record<string, string> = {}, body = ""): Promise<Answer> {
    return this.leavingPost(path, headers, body).answer;
  }

  /** A request whose client can leave. */
  leavingPost(path: string, headers: Record<string, string> = {}, body = "") {
    const outgoing = request({
      host: "127.0.0.1",
      port: this.port,
      method: "POST",
      path,
      agent: false,
      headers,
    });
    const answer = new Promise<Answer>((resolve, reject) => {
      outgoing.on("error", reject);
      outgoing.on("response", (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => (text += chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const isJson = incoming.headers["content-type"]?.includes("json") === true;
          const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json });
        });
      });
    });
    // A client that leaves gets no answer.
    answer.catch(() => {});
    outgoing.end(body);
    return { answer, leave: () => outgoing.destroy() };
  }

  /** A bare connection, for what node:http does not do: pipelining and half-closing. */
  connect(options: { allowHalfOpen?: boolean } = {}): Connection {
    const socket = connect({ host: "127.0.0.1", port: this.port, ...options });
    onTestFinished(() => void socket.destroy());
    return new Connection(socket);
  }
}

class Connection {
  readonly socket: Socket;
  received = "";

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (this.received += chunk));
    socket.on("error", () => {});
  }

  /** Sends requests one after the other, without waiting for answers. */
  post(...paths: string[]): void {
    this.socket.write(
      paths.map((path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`).join(""),
    );
  }

  /** Waits until the answers so far match. */
  async receives(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.received));
  }
}

/** Waits for something that has no event. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await isTrue())) throw new Error("has not become true");
    },
    { timeout: 5_000, interval: 2 },
  );
}

/** Waits until `count` acquires wait for a lock. */
export function waiting(locks: LockManager, count: number): Promise<void> {
  return until(() => locks.stats().waiting === count);
}

/** A manager that grants the lock when the test says so, and a lease that ends when the test says so. */
export function manualManager() {
  const asked = new Gate();
  const granted = new Gate();
  const end = new AbortController();
  const lease = { signal: end.signal, ttlMs: 60_000 } as Lease;
  const locks = {
    async withLock(_key: string, work: (lease: Lease) => unknown) {
      asked.open();
      await granted.opened;
      return work(lease);
    },
  } as unknown as LockManager;
  return { locks, asked: asked.opened, grant: granted.open, lose: (reason: LockError) => end.abort(reason) };
}

/** Whether nobody holds the lock. */
export async function isFree(locks: LockManager, key: string): Promise<boolean> {
  return (await locks.inspect(key)) === null;
}
