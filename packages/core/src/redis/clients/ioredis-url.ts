import type { NodeState, NoticeSubscription } from "../../node/lock-node.js";
import type { RedisClient, RedisServer } from "../redis-client.js";
import { IoredisConnection } from "./ioredis-connection.js";

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

  servers(): readonly RedisServer[] {
    return this.#connection?.servers() ?? [];
  }

  subscribe(channel: string, hear: (message: string) => void): NoticeSubscription {
    let subscription: NoticeSubscription | undefined;
    let stopped = false;
    const subscribe = (): void => {
      if (!stopped) subscription = this.#connection?.subscribe(channel, hear);
    };
    this.#opening.then(subscribe, () => {});
    return {
      get active() {
        return subscription?.active ?? false;
      },
      stop() {
        stopped = true;
        subscription?.stop();
      },
    };
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
