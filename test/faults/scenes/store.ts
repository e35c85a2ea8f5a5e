import { Redis } from "ioredis";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import type { Accepted } from "../history/history.js";
import { writerOf } from "./written-by.js";

/**
 * A server of its own behind nobody's proxy, whose guard checks fencing tokens, and what it says of itself by MONITOR: every
 * write that was carried out, in this order, whatever the writers were told.
 */
export class Store {
  readonly url: string;
  readonly #server: RedisServer;
  readonly #client: Redis;
  readonly #monitor: Redis;
  #accepted: Accepted[] = [];
  #marks = 0;
  #onMark: ((mark: string) => void) | undefined;

  private constructor(server: RedisServer, client: Redis, monitor: Redis) {
    this.url = server.url;
    this.#server = server;
    this.#client = client;
    this.#monitor = monitor;
    monitor.on("monitor", (_time, args: readonly string[], source: string) => this.#see(args, source));
  }

  static async start(): Promise<Store> {
    const server = await startRedis();
    const client = new Redis(server.url);
    return new Store(server, client, await client.monitor());
  }

  /** All that was accepted since the last call. */
  async take(): Promise<readonly Accepted[]> {
    const mark = `mark ${++this.#marks}`;
    const seen = new Promise<void>((resolve) => {
      this.#onMark = (seen) => seen === mark && resolve();
    });
    await this.#client.set("mark", mark);
    await seen;
    const accepted = this.#accepted;
    this.#accepted = [];
    return accepted;
  }

  async stop(): Promise<void> {
    this.#monitor.disconnect();
    this.#client.disconnect();
    await this.#server.stop();
  }

  #see([command = "", key = "", value = ""]: readonly string[], source: string): void {
    if (command.toUpperCase() !== "SET") return;
    if (key === "mark") return this.#onMark?.(value);
    const writer = writerOf(value);
    // The guard's script writes, and nobody else does.
    if (source === "lua" && writer !== undefined) this.#accepted.push({ key, ...writer });
  }
}
