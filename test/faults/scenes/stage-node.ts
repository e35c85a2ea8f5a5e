import { Redis } from "ioredis";
import { type FakeClock, fakeClock } from "../../support/fake-clock.js";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import type { Leftover } from "../history/history.js";

/** The user by whose name workers come, so that it can be locked out while the stage is not. */
const USER = ["worker", "on", ">right", "~*", "&*", "+@all"];

export interface NodeSettings {
  /** Every write is on its disk before it is answered. */
  readonly durable: boolean;
  /** Its wall clock can be set. */
  readonly ownClock: boolean;
}

/** One node of the stage: a server, and a connection to it that no fault of the network reaches. */
export class StageNode {
  readonly index: number;
  readonly server: RedisServer;
  readonly clock: FakeClock | undefined;
  readonly #admin: Redis;

  private constructor(index: number, server: RedisServer, clock: FakeClock | undefined) {
    this.index = index;
    this.server = server;
    this.clock = clock;
    this.#admin = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    this.#admin.on("error", () => {}); // it is killed and restarted
  }

  static async start(index: number, { durable, ownClock }: NodeSettings): Promise<StageNode> {
    const clock = ownClock ? await fakeClock() : undefined;
    const disk = durable ? ["--appendonly", "yes", "--appendfsync", "always"] : [];
    const args = ["--user", ...USER, "--enable-debug-command", "yes", ...disk];
    return new StageNode(index, await startRedis({ args, ...(clock && { env: clock.env }) }), clock);
  }

  /** A command of the operator's. */
  call(command: string, ...args: readonly string[]): Promise<unknown> {
    return this.#admin.call(command, ...args);
  }

  /** Lets workers in again as at the beginning. */
  async admitWorkers(): Promise<void> {
    await this.call("ACL", "SETUSER", USER[0] ?? "", "reset", ...USER.slice(1));
  }

  /** All its keys. */
  async keys(): Promise<Leftover[]> {
    const node = `node ${this.index + 1}`;
    const found: Leftover[] = [];
    for await (const batch of this.#admin.scanStream({ count: 1_000 })) {
      for (const key of batch as string[]) {
        const [ttlMs, value] = await Promise.all([
          this.#admin.pttl(key),
          this.#admin.get(key).catch(() => null), // a queue is no string
        ]);
        // It may have expired between the two questions.
        if (ttlMs !== -2) found.push({ node, key, ttlMs, value });
      }
    }
    return found;
  }

  async stop(): Promise<void> {
    this.#admin.disconnect();
    await this.server.stop();
    this.clock?.remove();
  }
}
