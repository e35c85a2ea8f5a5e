import type { NodeState, NoticeSubscription } from "../../node/lock-node.js";
import type { RedisClient, RedisServer } from "../redis-client.js";
import { IoredisSubscriber } from "./ioredis-subscriber.js";

/**
 * What is used of an ioredis client, `Redis` or `Cluster`, of version 5 or 6. A structural type, since the
 * class of one version does not fit the other's.
 */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: object;
  nodes?(role: "master"): IoredisClient[];
  listenerCount(event: string): number;
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
  on(event: string, listener: (error: Error) => void): unknown;
  off(event: string, listener: (error: Error) => void): unknown;
}

const STATE_EVENTS = ["ready", "close", "end"] as const;

/** A connection that ioredis makes. `owned`: for us, and so ours to open anew and to end. */
export class IoredisConnection implements RedisClient {
  readonly #client: IoredisClient;
  readonly #owned: boolean;
  readonly #subscriber: IoredisSubscriber;
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
    this.#subscriber = new IoredisSubscriber(client, (listener) => this.watch(listener));
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

  servers(): readonly RedisServer[] {
    const { keyPrefix } = this.#client.options as { keyPrefix?: string | Buffer };
    const masters = this.clustered ? (this.#client.nodes?.("master") ?? []) : [this.#client];
    return masters.map((master) => ({
      keyPrefix: keyPrefix?.toString() ?? "",
      send: (command, args) =>
        master.status === "ready" ? master.call(command, ...args) : Promise.reject(new Error("disconnected")),
    }));
  }

  subscribe(channel: string, hear: (message: string) => void): NoticeSubscription {
    return this.#subscriber.subscribe(channel, hear);
  }

  reconnect(): void {
    this.#subscriber.renew();
    if (this.#owned) this.#client.disconnect(true);
  }

  async close(): Promise<void> {
    if (this.#owned) this.#client.disconnect();
  }
}
