import type { NodeState } from "../../node/lock-node.js";
import type { RedisClient } from "../redis-client.js";

/**
 * What is used of an ioredis client, `Redis` or `Cluster`, of version 5 or 6. A structural type, since the
 * class of one version does not fit the other's.
 */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: object;
  listenerCount(event: string): number;
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  on(event: string, listener: (error: Error) => void): unknown;
  off(event: string, listener: (error: Error) => void): unknown;
}

/** Whether something looks like an ioredis client. */
export function isIoredisClient(value: unknown): value is IoredisClient {
  if (typeof value !== "object" || value === null) return false;
  const { status, call, connect, disconnect, on, off } = value as Partial<
    Record<keyof IoredisClient, unknown>
  >;
  return (
    typeof status === "string" &&
    [call, connect, disconnect, on, off].every((member) => typeof member === "function")
  );
}

/** So that many managers over one client listen to it once. */
const connections = new WeakMap<IoredisClient, IoredisConnection>();

/** A client of the user's: used as it is, and never closed. */
export function ioredisClient(client: IoredisClient): RedisClient {
  const connection = connections.get(client) ?? new IoredisConnection(client, nameOf(client), false);
  connections.set(client, connection);
  return connection;
}

const STATE_EVENTS = ["ready", "close", "end"] as const;

class IoredisConnection implements RedisClient {
  readonly #client: IoredisClient;
  readonly #owned: boolean;
  /** Until the first connection has failed, it is worth waiting for. */
  #hopeful = true;
  readonly #listeners = new Set<() => void>();
  readonly #notify = (): void => {
    for (const listener of this.#listeners) listener();
  };
  readonly #hear = (error: Error): void => void (this.trouble = error.message || error.name);
  readonly name: string;
  trouble: string | undefined;

  constructor(client: IoredisClient, name: string, owned: boolean) {
    this.#client = client;
    this.#owned = owned;
    this.name = name;
  }

  get clustered(): boolean {
    return this.#client.isCluster === true;
  }

  get state(): NodeState {
    const { status } = this.#client;
    if (status === "ready") {
      this.#hopeful = false;
      return "ready";
    }
    if (status !== "wait" && status !== "connecting" && status !== "connect") this.#hopeful = false;
    return this.#hopeful ? "connecting" : "disconnected";
  }

  watch(listener: () => void): () => void {
    if (this.#listeners.size === 0) {
      for (const event of STATE_EVENTS) this.#client.on(event, this.#notify);
      // ioredis prints errors that nobody listens to; that must not stop because of us.
      if (this.#client.listenerCount("error") > 0) this.#client.on("error", this.#hear);
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      for (const event of STATE_EVENTS) this.#client.off(event, this.#notify);
      this.#client.off("error", this.#hear);
    };
  }

  ready(): Promise<void> {
    if (this.state === "ready") return Promise.resolve();
    if (this.#client.status === "wait") this.#client.connect().catch(() => {});
    return new Promise((resolve, reject) => {
      const unwatch = this.watch(() => {
        if (this.state === "connecting") return;
        unwatch();
        if (this.state === "ready") resolve();
        else reject(new Error(this.trouble ?? "disconnected"));
      });
    });
  }

  send(command: string, args: readonly (string | number)[]): Promise<unknown> {
    // ioredis would queue it, without limit and for as long as the server is away.
    if (this.#client.status !== "ready") return Promise.reject(new Error("disconnected"));
    return this.#client.call(command, ...args);
  }

  reconnect(): void {
    if (this.#owned) this.#client.disconnect(true);
  }

  async close(): Promise<void> {
    if (this.#owned) this.#client.disconnect();
  }
}

function nameOf({ options, isCluster }: IoredisClient): string {
  if (isCluster) return "redis-cluster";
  const { host, port, path, db } = options as { host?: string; port?: number; path?: string; db?: number };
  return `${path ?? `${host ?? "localhost"}:${port ?? 6379}`}${db ? `/${db}` : ""}`;
}

/** A client of our own for a URL, with settings fit for locks. */
export function ioredisClientOf(url: URL): RedisClient {
  return new LazyConnection(url);
}

/** Loads ioredis when it is needed: whoever gives clients or memory nodes need not have it. */
class LazyConnection implements RedisClient {
  readonly name: string;
  readonly clustered = false;
  readonly #listeners = new Set<() => void>();
  readonly #opening: Promise<void>;
  readonly #database: number;
  #connection: RedisClient | undefined;
  #failure: string | undefined;
  #closed = false;

  constructor(url: URL) {
    this.#database = Number(url.pathname.slice(1));
    const database = this.#database > 0 ? `/${this.#database}` : "";
    this.name = `${url.host || "localhost"}${url.port === "" ? ":6379" : ""}${database}`;
    this.#opening = this.#open(url);
    this.#opening.catch(() => {});
  }

  get state(): NodeState {
    if (this.#failure !== undefined || this.#closed) return "disconnected";
    return this.#connection?.state ?? "connecting";
  }

  get trouble(): string | undefined {
    return this.#failure ?? this.#connection?.trouble;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async ready(): Promise<void> {
    await this.#opening;
    await this.#connection?.ready();
    // ioredis goes on in database 0 when the server refuses to select another.
    if (this.#database > 0) await this.send("select", [this.#database]);
  }

  send(command: string, args: readonly (string | number)[]): Promise<unknown> {
    return this.#connection?.send(command, args) ?? Promise.reject(new Error("disconnected"));
  }

  reconnect(): void {
    this.#connection?.reconnect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.#opening.catch(() => {});
    await this.#connection?.close();
  }

  async #open(url: URL): Promise<void> {
    const notify = (): void => {
      for (const listener of this.#listeners) listener();
    };
    let Redis;
    try {
      ({ Redis } = await import("ioredis"));
    } catch (cause) {
      this.#failure = "a URL is given, for which the package ioredis must be installed";
      notify();
      throw new Error(this.#failure, { cause });
    }
    if (this.#closed) return;
    const client = new Redis(url.href, {
      // What is not answered is asked again by the quorum, in time and with a fresh token, or not at all.
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      connectTimeout: 5_000,
      // How long a broken connection may take to close; its timer keeps the process alive.
      disconnectTimeout: 100,
      retryStrategy: (times) => Math.min(25 * 2 ** Math.min(times, 10), 1_000),
    });
    // The state says what is to be said; without a listener ioredis prints every failed connection.
    client.on("error", () => {});
    this.#connection = new IoredisConnection(client, this.name, true);
    this.#connection.watch(notify);
    notify();
  }
}
